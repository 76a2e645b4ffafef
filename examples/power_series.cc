// SPDX-License-Identifier: MIT
// Power series as streams of their coefficients, which are computed as somebody asks for them (McIlroy, "Squinting at Power
// Series", 1989). Each series is a G and a channel; sums, products and integrals read others' channels. The series of tan is
// found as the solution of tan' = 1 + tan^2, which reads its own output.
//
// stdout: exp: 1 1 1/2 1/6 1/24 1/120 1/720
// stdout: tan: 0 1 0 1/3 0 2/15 0 17/315 0 62/2835
#include <mstart/mstart.h>

#include <numeric>
#include <vector>

using namespace mstart;

struct Rational {
  int64_t over = 0, under = 1;
  Rational(int64_t n = 0, int64_t d = 1) : over(n / std::gcd(n, d)), under(d / std::gcd(n, d)) {}
  friend Rational operator+(Rational a, Rational b) { return {a.over * b.under + b.over * a.under, a.under * b.under}; }
  friend Rational operator*(Rational a, Rational b) { return {a.over * b.over, a.under * b.under}; }
};
void format_value(Sink& out, const Rational& r) {
  format_to(out, "{}", r.over);
  if (r.under != 1) format_to(out, "/{}", r.under);
}

using Series = Chan<Rational>;

template <class F>
Series series(F f) {
  const Series out;
  go([=] { f(out); });
  return out;
}

Series integral(Rational constant, const Series& in) {
  return series([=](const Series& out) {
    out.send(constant);
    for (int64_t n = 1;; ++n) out.send(*in.recv() * Rational(1, n));
  });
}

Series one_plus_product(const Series& f, const Series& g) {
  return series([=](const Series& out) {
    std::vector<Rational> fs, gs;
    for (size_t n = 0;; ++n) {
      fs.push_back(*f.recv()), gs.push_back(*g.recv());
      Rational sum = n == 0 ? 1 : 0;
      for (size_t i = 0; i <= n; ++i) sum = sum + fs[i] * gs[n - i];
      out.send(sum);
    }
  });
}

// Two series that are both `in`; one may be read one coefficient ahead of the other.
std::pair<Series, Series> split(const Series& in) {
  const Series a(1), b(1);
  go([=] {
    for (const Rational c : in) a.send(c), b.send(c);
  });
  return {a, b};
}

// A series that is defined by itself: f is given what it returns.
template <class F>
Series fix(F f) {
  const Series again(1);
  const auto [result, copy] = split(f(again));
  go([again, copy = copy] {
    for (const Rational c : copy) again.send(c);
  });
  return result;
}

int main() {
  const Series exp = fix([](const Series& self) { return integral(1, self); });
  const Series tan = fix([](const Series& self) {
    const auto [a, b] = split(self);
    return integral(0, one_plus_product(a, b));
  });
  print("exp:");
  for (int i = 0; i < 7; ++i) print(" {}", *exp.recv());
  print("\ntan:");
  for (int i = 0; i < 10; ++i) print(" {}", *tan.recv());
  print("\n");
}

// SPDX-License-Identifier: MIT
// The first primes by a chain of filters, one G each: what a filter does not divide goes on to the next one; what comes out
// at the end is prime, and becomes a filter itself (Hoare's CSP, 1978; McIlroy's sieve).
//
//   sieve [N]    the first N primes, 100 by default
//
// stdout: 2 3 5 7 11 13
// stdout: 523 541
#include <mstart/mstart.h>

#include <charconv>
#include <string_view>

using namespace mstart;

// All numbers from 2 on, for ever: main's end ends it.
Chan<int> numbers() {
  Chan<int> out;
  go([out] {
    for (int i = 2;; ++i) out.send(i);
  });
  return out;
}

// What comes in, without the multiples of `prime`.
Chan<int> without(int prime, const Chan<int>& in) {
  Chan<int> out;
  go([=] {
    for (const int n : in) {
      if (n % prime != 0) out.send(n);
    }
  });
  return out;
}

int main(int argc, char** argv) {
  int count = 100;
  if (argc > 1) {
    const std::string_view text = argv[1];
    if (std::from_chars(text.begin(), text.end(), count).ec != std::errc{}) {
      eprint("usage: sieve [N]\n");
      return 2;
    }
  }
  Chan<int> rest = numbers();
  for (int i = 0; i < count; ++i) {
    const int prime = *rest.recv();
    print("{}{}", prime, i + 1 < count ? " " : "\n");
    rest = without(prime, rest);
  }
}

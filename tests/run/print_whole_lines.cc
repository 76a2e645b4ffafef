// SPDX-License-Identifier: MIT
// What many Gs print at once comes out print by print: no line is torn, none is lost.
// skip-sanitizer: a mapping that is dropped and one that is made at its place are not ordered for it
#include "observe.h"

using namespace mstart;

namespace {

constexpr int kGs = 50, kLines = 40;
char buffer[1024 * 1024];

}  // namespace

int main() {
  set_procs(4);
  Captured captured(1);
  {
    Scope scope;
    for (int g = 0; g < kGs; ++g) {
      scope.go([=] {
        char fill[700];  // longer than what print keeps on the stack
        for (int n = 0; n < kLines; ++n) {
          const size_t length = n % 10 == 0 ? sizeof fill : static_cast<size_t>(n);
          for (size_t i = 0; i < length; ++i) fill[i] = static_cast<char>('a' + g % 26);
          print("<{} {} {}>\n", g, n, std::string_view(fill, length));
          if (n % 8 == 0) yield();
        }
      });
    }
  }
  std::string_view text = captured.text(buffer);
  int next[kGs] = {};
  int lines = 0;
  for (; !text.empty(); ++lines) {
    const size_t end = text.find('\n');
    expect(end != std::string_view::npos, "the last line is whole");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    expect(line.front() == '<' && line.back() == '>' && count(line, "<") == 1 && count(line, ">") == 1, line);
    int g = 0, n = 0;
    size_t at = 1;
    while (line[at] != ' ') g = g * 10 + (line[at++] - '0');
    for (++at; line[at] != ' ';) n = n * 10 + (line[at++] - '0');
    expect(g < kGs && n == next[g], "a G's lines are in order");
    ++next[g];
  }
  expect_equal(lines, kGs * kLines, "lines");
}

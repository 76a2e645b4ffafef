// SPDX-License-Identifier: MIT
// A pipeline: text -> words -> counted words -> the most frequent ones. Each stage is a few Gs that read one channel and
// write another; a stage that has ended closes what it writes, so the next one ends too.
//
// stdout: 3 the
// stdout: 2 channel
#include <mstart/mstart.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace mstart;

constexpr std::string_view kText[] = {
    "a value goes through the channel once",
    "who closes the channel is the sender",
};

struct Count {
  std::string word;
  int times;
};

// One G per line.
Chan<std::string> words() {
  Chan<std::string> out(16);
  go([out] {
    Scope lines;
    for (const std::string_view line : kText) {
      lines.go([=] {
        for (size_t at = 0; at < line.size();) {
          const size_t end = std::min(line.find(' ', at), line.size());
          out.send(std::string(line.substr(at, end - at)));
          at = end + 1;
        }
      });
    }
    lines.wait();
    out.close();
  });
  return out;
}

Chan<Count> counted(const Chan<std::string>& in) {
  Chan<Count> out;
  go([=] {
    std::vector<Count> counts;
    for (std::string word : in) {
      const auto at = std::find_if(counts.begin(), counts.end(), [&](const Count& c) { return c.word == word; });
      if (at == counts.end())
        counts.push_back({std::move(word), 1});
      else
        ++at->times;
    }
    std::stable_sort(counts.begin(), counts.end(), [](const Count& a, const Count& b) { return a.times > b.times; });
    for (Count& c : counts) out.send(std::move(c));
    out.close();
  });
  return out;
}

int main() {
  for (const Count& c : counted(words())) print("{} {}\n", c.times, c.word);
}

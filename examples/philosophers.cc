// SPDX-License-Identifier: MIT
// The dining philosophers (Dijkstra, 1965). A fork lies between each two of them; who is hungry takes the one on his left and
// the one on his right, and eats. If all took the left one first, each could have one and wait for ever for the other; so
// everybody takes the fork with the lower number first, and there is always one who gets his second.
//
//   philosophers             until each has eaten 1000 times
//   philosophers --greedy    the left one first. The deadlock is reported, with who waits for whom; status 2
//
// stdout: Aristotle has eaten 1000 times
// stdout: Socrates has eaten 1000 times
#include <mstart/mstart.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <string_view>

using namespace mstart;

constexpr std::array<std::string_view, 5> kNames{"Aristotle", "Descartes", "Hypatia", "Kant", "Socrates"};
constexpr int kMeals = 1000;

struct Table {
  std::array<Mutex, kNames.size()> forks;
  WaitGroup hungry;  // of the greedy: those that have no fork yet
};

// `seat` has fork `seat` on his left, and his neighbour's on his right.
int dine(Table& table, size_t seat) {
  const size_t left = seat, right = (seat + 1) % kNames.size();
  int meals = 0;
  while (meals < kMeals) {
    const std::lock_guard first(table.forks[std::min(left, right)]);
    const std::lock_guard second(table.forks[std::max(left, right)]);
    ++meals;
    yield();  // takes his time
  }
  return meals;
}

int dine_greedily(Table& table, size_t seat) {
  const std::lock_guard left(table.forks[seat]);
  table.hungry.done();
  table.hungry.wait();  // so that it goes wrong the first time
  const std::lock_guard right(table.forks[(seat + 1) % kNames.size()]);
  return 1;
}

int main(int argc, char** argv) {
  const bool greedy = argc > 1 && std::string_view(argv[1]) == "--greedy";
  Table table;
  table.hungry.add(kNames.size());
  Scope dinner;
  for (size_t seat = 0; seat < kNames.size(); ++seat) {
    dinner.go({.name = kNames[seat]}, [&table, seat, greedy] {
      const int meals = greedy ? dine_greedily(table, seat) : dine(table, seat);
      print("{} has eaten {} times\n", kNames[seat], meals);
    });
  }
}

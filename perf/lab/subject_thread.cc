// SPDX-License-Identifier: MIT
// A thread's birth as std::thread has it: pthread_create, and a heap block for the callable. Its stack is libc's affair.
#include <system_error>
#include <thread>
#include <vector>

#include "subject.h"

namespace {

std::vector<std::thread> threads;

const char* create(lab* lab, lab_birth* birth) try {
  threads[static_cast<uint32_t>(birth - lab_births(lab)) % lab->burst] =
      std::thread([lab, birth] { lab_born(lab, birth, lab_ticks()); });
  return nullptr;
} catch (const std::system_error&) {
  return "std::thread fails";
}

void join(lab* lab, lab_birth* birth) { threads[static_cast<uint32_t>(birth - lab_births(lab)) % lab->burst].join(); }

const char* prepare(lab* lab) {
  threads.resize(lab->burst);
  return lab->stack == kStackFresh ? "std::thread takes libc's stacks, which are reused" : nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr lab_subject subject{prepare, create, join, nullptr};
  return lab_main(argc, argv, &subject);
}

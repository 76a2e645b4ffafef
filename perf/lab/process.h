// SPDX-License-Identifier: MIT
// One round: a fresh process of a subject, its order in a memfd, watched by a collector if there is one. Rounds are processes
// of their own, so that they are independent of each other, memory layout included.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "collector.h"
#include "subjects.h"

namespace threadlab {

struct Order {
  const Subject* subject;
  Factors factors;
  uint32_t births;  // without warm-up; both are rounded up to whole bursts
  uint32_t warmup;
  bool phases;  // the stamps between begin and end too
};

// An interrupt arrived: what was set up is taken down on the way out.
struct Interrupted {};
void catch_interrupts();

// The shared memory of one process.
class Memory {
 public:
  explicit Memory(const Order& order);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  lab& shared() const { return *lab_; }
  std::vector<lab_birth> records() const;
  int fd() const { return fd_; }

 private:
  int fd_;
  size_t bytes_;
  lab* lab_;
};

// A subject's process, stopped before its exec until go(). Killed by the destructor if it still runs.
class Process {
 public:
  enum class Watched : uint8_t { no, by_ptrace };
  Process(const Order& order, const Memory& memory, Watched watched = Watched::no);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  pid_t pid() const { return pid_; }
  void go();
  // Until it has ended; drains the collector meanwhile. Throws std::runtime_error with what went wrong.
  void wait(Collector* collector);
  void ended() { pid_ = -1; }  // somebody else has waited for it

 private:
  pid_t pid_;
  int gate_;  // written to: it may exec
};

// Throws std::runtime_error if the subject cannot do that, or fails.
Round run_round(const Order& order, Collector* collector, const Moment& start);

// Why the memory says that the order was not carried out; empty: it was.
std::string failure(const Order& order, const Memory& memory);

}  // namespace threadlab

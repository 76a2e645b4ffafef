// SPDX-License-Identifier: MIT
// Which limit a refused thread is put down to, and in which words.
#include "runtime/explain.h"

#include <doctest/doctest.h>
#include <mstart/print.h>

#include <string>

using mstart::Errno;
using mstart::os::ThreadLimits;

namespace {

// The line between Go's first one and the last one.
std::string cause(Errno code, const ThreadLimits& limits) {
  char buffer[384];
  mstart::Sink out(buffer);
  mstart::runtime::describe_refused_thread(out, {code, "clone"}, 7, limits);
  CHECK(out.size() == out.text().size());
  const std::string text(out.text());
  const std::string first =
      "runtime: failed to create new OS thread (have 7 already; errno=" + std::to_string(static_cast<int>(code)) +
      ")\nruntime: ";
  const std::string last = "\nruntime: work goes on with the threads there are; births are tried again\n";
  REQUIRE(text.size() > first.size() + last.size());
  CHECK(text.substr(0, first.size()) == first);
  CHECK(text.substr(text.size() - last.size()) == last);
  return text.substr(first.size(), text.size() - first.size() - last.size());
}

constexpr Errno kAgain = Errno::resource_unavailable_try_again;

}  // namespace

TEST_CASE("EAGAIN: the limit that has been reached is named") {
  ThreadLimits limits;
  limits.pids_max = 20, limits.pids_current = 20, limits.nproc = 100;
  limits.threads_max = limits.pid_max = 300, limits.threads_now = 200;
  CHECK(cause(kAgain, limits) == "the cgroup has reached its pids.max of 20");
  limits.pids_current = 19;
  CHECK(cause(kAgain, limits) == "may need to increase max user processes (ulimit -u): RLIMIT_NPROC is 100");
  limits.threads_now = 300;
  CHECK(cause(kAgain, limits) == "the system has reached kernel.threads-max, 300");
  limits.threads_max = 400;
  CHECK(cause(kAgain, limits) == "the system has reached kernel.pid_max, 300");
}

TEST_CASE("EAGAIN: no limit is made up") {
  CHECK(cause(kAgain, ThreadLimits{}) == "no limit that can be read explains it");
}

TEST_CASE("ENOMEM: the address space if it is limited, otherwise the mappings") {
  ThreadLimits limits;
  limits.max_map_count = 65530;
  CHECK(cause(Errno::not_enough_memory, limits) == "out of memory, or at vm.max_map_count, 65530");
  limits.address_space = 1 << 30;
  CHECK(cause(Errno::not_enough_memory, limits) == "out of memory: RLIMIT_AS is 1073741824");
}

TEST_CASE("EPERM and ENOSYS: a seccomp filter; others are not explained") {
  CHECK(cause(Errno::operation_not_permitted, {}) == "a seccomp filter forbids clone(2)");
  CHECK(cause(Errno::function_not_supported, {}) == "a seccomp filter forbids clone(2)");
  CHECK(cause(Errno::invalid_argument, {}) == "no limit that can be read explains it");
}

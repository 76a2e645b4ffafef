// SPDX-License-Identifier: MIT
// The kernel says only EAGAIN or ENOMEM; which of its limits was meant is found by looking which one has been reached.
// RLIMIT_NPROC comes after those that count everybody's threads: how many its user has cannot be read without a walk
// through /proc.
#include "runtime/explain.h"

#include "runtime/print.h"
#include "runtime/report.h"

namespace mstart::runtime {
namespace {

struct Cause {
  const char* text;
  int64_t value = os::kUnlimited;  // behind the text, if there is one
};

Cause likely_cause(const Error& error, const os::ThreadLimits& limits) {
  const Errno code = error.code;
  if (code == Errno::resource_unavailable_try_again) {
    if (limits.pids_current >= limits.pids_max) return {"the cgroup has reached its pids.max of ", limits.pids_max};
    if (limits.threads_now >= limits.threads_max)
      return {"the system has reached kernel.threads-max, ", limits.threads_max};
    if (limits.threads_now >= limits.pid_max) return {"the system has reached kernel.pid_max, ", limits.pid_max};
    // libc has one code for all that can be wrong.
    if (limits.address_space != os::kUnlimited && std::string_view(error.call) == "pthread_create")
      return {"may be out of memory: RLIMIT_AS is ", limits.address_space};
    if (limits.nproc != os::kUnlimited)
      return {"may need to increase max user processes (ulimit -u): RLIMIT_NPROC is ", limits.nproc};
  }
  if (code == Errno::not_enough_memory) {
    if (limits.address_space != os::kUnlimited) return {"out of memory: RLIMIT_AS is ", limits.address_space};
    return {"out of memory, or at vm.max_map_count, ", limits.max_map_count};
  }
  if (code == Errno::operation_not_permitted || code == Errno::function_not_supported)
    return {"a seccomp filter forbids clone(2)"};
  return {"no limit that can be read explains it"};
}

}  // namespace

void describe_refused_thread(Sink& out, const Error& error, int64_t have, const os::ThreadLimits& limits) {
  const Cause cause = likely_cause(error, limits);
  fill(out, "runtime: failed to create new OS thread (have % already; errno=%)\nruntime: $",
       {have, static_cast<int>(error.code), as_value(cause.text)});
  fill(out, cause.value != os::kUnlimited ? "%" : "", {cause.value});
  fill(out, "\nruntime: work goes on with the threads there are; births are tried again\n", {});
}

void explain_refused_thread(const Error& error, int64_t have) {
  char buffer[384];
  Sink out(buffer);
  os::ThreadLimits limits = os::thread_limits();
  if (os::getuid() == 0) limits.nproc = os::kUnlimited;  // exempt
  describe_refused_thread(out, error, have, limits);
  detail::write_all(2, out.text());
}

}  // namespace mstart::runtime

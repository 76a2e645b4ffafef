// SPDX-License-Identifier: MIT
// The table of subjects.
#include "subjects.h"

#include <fmt/format.h>

#include <stdexcept>

namespace threadlab {

const std::vector<Subject>& subjects() {
  constexpr uint32_t kRuntimeRecords = 8000, kAny = 1'000'000;
  static const std::vector<Subject> all = {
      {"mstart", "subject_mstart", 0, "go() to the first statement of the G, on an M made for it", "reused", "",
       kRuntimeRecords},
      {"mstart-m", "subject_mstart_m", 0, "newm to its function, without P or G", "reused", "", kRuntimeRecords},
      {"clone", "subject_clone", 0, "clone(2), raw", "reused", "", kAny},
      {"clone3", "subject_clone", 1, "clone3(2), raw", "reused", "", kAny},
      {"clone-altstack", "subject_clone", 2, "clone(2), raw, and sigaltstack(2) in the child", "reused", "", kAny},
      {"pthread-glibc", "subject_pthread_glibc", 0, "pthread_create of glibc", "reused", "", kAny},
      {"pthread-musl", "subject_pthread_musl", 0, "pthread_create of musl", "fresh", "musl-tools", kAny},
      {"std-thread", "subject_thread", 0, "std::thread on glibc", "reused", "", kAny},
      {"go", "subject_go", 0, "a go statement to the first statement of the goroutine, on an M made for it", "reused",
       "golang-go", kAny},
  };
  return all;
}

const Subject& subject_named(std::string_view name) {
  std::string known;
  for (const Subject& subject : subjects()) {
    if (subject.name == name) return subject;
    known += fmt::format(" {}", subject.name);
  }
  throw std::runtime_error(fmt::format("there is no subject {}; there are{}", name, known));
}

std::filesystem::path program_of(const Subject& subject) {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / subject.program;
}

std::string_view text(lab_parent parent) { return parent == kParentSpin ? "spin" : "block"; }
std::string_view text(Placement cpu) {
  return cpu == Placement::free ? "free" : cpu == Placement::same ? "same" : "other";
}
std::string_view text(lab_stack stack) {
  return stack == kStackOwn ? "own" : stack == kStackFresh ? "fresh" : "reused";
}

std::string text(const Factors& f, const Subject* subject) {
  std::string stack(text(f.stack));
  if (f.stack == kStackOwn && subject != nullptr) stack += fmt::format(" ({})", subject->own_stack);
  std::string all = fmt::format("parent {}, cpu {}, stack {}", text(f.parent), text(f.cpu), stack);
  all += f.rest_us != 0 ? fmt::format(", {} us of rest", f.rest_us) : ", no rest";
  if (f.burst > 1) all += fmt::format(", bursts of {}", f.burst);
  return all;
}

}  // namespace threadlab

// SPDX-License-Identifier: MIT
// One source, two ways in: the same program of tests/run, without libc and as a program of libc, ends in the same way and says
// the same. The folder of the programs is in RUN_PROGRAMS.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace {

struct Ending {
  int status = -1;  // as wait(2) gives it
  std::string out, err;
  bool operator==(const Ending&) const = default;
};

std::string contents(int fd) {
  std::string text(1 << 16, 0);
  const ssize_t n = pread(fd, text.data(), text.size(), 0);
  text.resize(n > 0 ? static_cast<size_t>(n) : 0);
  return text;
}

// Addresses and what follows them differ from program to program: of a fatal error, its first line counts.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

Ending run(const std::string& program, std::vector<const char*> args) {
  Ending ending;
  const int out = memfd_create("out", 0), err = memfd_create("err", 0);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, out, 1);
  posix_spawn_file_actions_adddup2(&files, err, 2);
  const std::string path = std::string(std::getenv("RUN_PROGRAMS")) + "/" + program;
  args.insert(args.begin(), path.c_str());
  args.push_back(nullptr);
  pid_t pid = 0;
  if (posix_spawn(&pid, path.c_str(), &files, nullptr, const_cast<char**>(args.data()), environ) == 0)
    waitpid(pid, &ending.status, 0);
  posix_spawn_file_actions_destroy(&files);
  ending.out = contents(out);
  ending.err = first_line(contents(err));
  close(out);
  close(err);
  return ending;
}

struct Program {
  const char* name;
  std::vector<const char*> args;
  int status;
  const char *out, *err;
};

}  // namespace

TEST_CASE("a program ends and speaks alike without libc and with it") {
  REQUIRE(std::getenv("RUN_PROGRAMS") != nullptr);
  const Program programs[] = {
      {"main_returns_value", {"one", "two"}, 3, "", ""},
      {"goexit_main", {}, 5, "", ""},
      {"main_is_g1", {}, 2, "", "fatal error: test"},
      {"go_nil", {"pointer"}, 2, "", "fatal error: go of nil func value"},
      {"task_misuse", {"join"}, 2, "", "fatal error: join of an empty Task"},
      {"stdlib_parts", {}, 0, "34 parts of the standard library\n", ""},
      {"stack_overflow_main",
       {},
       2,
       "",
       "runtime: goroutine 1  has used up its stack of 8388608 bytes"
       " (GoOptions::stack_bytes)"},
  };
  for (const Program& program : programs) {
    CAPTURE(program.name);
    const Ending freestanding = run(std::string("run_") + program.name, program.args);
    const Ending hosted = run(std::string("hosted_") + program.name, program.args);
    CHECK(WIFEXITED(freestanding.status));
    CHECK(WEXITSTATUS(freestanding.status) == program.status);
    CHECK(freestanding.out.find(program.out) != std::string::npos);
    CHECK(freestanding.err == program.err);
    CHECK(hosted == freestanding);
  }
}

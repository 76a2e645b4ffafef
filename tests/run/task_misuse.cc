// SPDX-License-Identifier: MIT
// To join, ask or detach an empty Task is fatal, and so is to join one whose function has called goexit() without a result.
// cases: join done detach goexit
// status: 2
// stderr: fatal error:
// stderr: Task
#include "expect.h"

using namespace mstart;

int main(int argc, char** argv) {
  const std::string_view which = which_case(argc, argv);
  Task<int> task;
  if (which == "join") (void)task.join();
  if (which == "done") (void)task.done();
  if (which == "detach") task.detach();
  if (which == "goexit") {
    spawn([]() -> void { goexit(); }).join();  // this is right
    task = spawn([]() -> int { goexit(); });
    (void)task.join();
  }
}

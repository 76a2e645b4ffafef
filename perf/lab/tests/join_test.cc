// SPDX-License-Identifier: MIT
// The joiner, on what kernels really wrote: lines of a trace, and records of perf. Phases telescope whatever is missing, and
// no cause comes after its effect.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
#include <linux/perf_event.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <random>
#include <sstream>

#include "../collector.h"
#include "../join.h"
#include "../profile.h"
#include "../results.h"

using namespace threadlab;

namespace {

// Two births by thread 7001, tid 7002 both times: the number was free again. Then one of somebody else's.
constexpr const char* kTrace = R"(# tracer: nop
#
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
   subject_clone-7001    [000] .....   1000: sys_clone(clone_flags: 0x003d0f00, newsp: 0x7f2c, parent_tidptr: 0x4c, child_tidptr: 0x4c, tls: 0x7f)
   subject_clone-7001    [000] .....   1400: task_newtask: pid=7002 comm=subject_clone clone_flags=3d0f00 oom_score_adj=0
   subject_clone-7001    [000] .....   1420: sched_process_fork: comm=subject_clone pid=7001 child_comm=subject_clone child_pid=7002
   subject_clone-7001    [000] d..2.   1500: sched_wakeup_new: comm=subject_clone pid=7002 prio=120 target_cpu=001
   subject_clone-7001    [000] .....   1510: sys_clone -> 0x1b5a
          <idle>-0       [001] d..2.   1600: sched_switch: prev_comm=swapper/1 prev_pid=0 prev_prio=120 prev_state=R ==> next_comm=subject_clone next_pid=7002 next_prio=120
   subject_clone-7002    [001] .....   1650: sys_clone -> 0x0
   subject_clone-7002    [001] d..2.   1800: sched_switch: prev_comm=subject_clone prev_pid=7002 prev_prio=120 prev_state=X ==> next_comm=a next_pid=9 ==> x next_pid=0 next_prio=120
CPU:1 [LOST 3 EVENTS]
   subject_clone-7001    [000] .....   2000: sys_clone3(uargs: 0x7ffc, size: 0x58)
   subject_clone-7001    [000] .....   2300: task_newtask: pid=7002 comm=a pid=1 clone_flags=3d0f00 oom_score_adj=0
   subject_clone-7001    [000] d..2.   2400: sched_wakeup_new: comm=subject_clone pid=7002 prio=120 target_cpu=000
   subject_clone-7001    [000] d..2.   2500: sched_switch: prev_comm=subject_clone prev_pid=7001 prev_prio=120 prev_state=S ==> next_comm=subject_clone next_pid=7002 next_prio=120
   subject_clone-7002    [000] .....   2550: sys_clone3 -> 0x0
   odd -1 [x] name-7001    [000] .....   3000: task_newtask: pid=7003 comm=subject_clone clone_flags=3d0f00 oom_score_adj=0
)";

std::vector<KernelEvent> events_of(const char* text) {
  std::vector<KernelEvent> events;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    KernelEvent event;
    if (parse_trace_line(line, event)) events.push_back(event);
  }
  return events;
}

Birth birth(uint64_t begin, uint64_t end, uint32_t tid) {
  Birth b;
  b[At::begin] = begin;
  b[At::end] = end;
  b.tid = tid;
  b.creator_tid = 7001;
  return b;
}

int64_t sum(const std::array<int64_t, kMoments>& phases) {
  return std::accumulate(phases.begin(), phases.end(), int64_t{0},
                         [](int64_t a, int64_t b) { return a + std::max<int64_t>(b, 0); });
}

}  // namespace

TEST_CASE("a trace as the kernel writes it") {
  const auto events = events_of(kTrace);
  REQUIRE(events.size() == 12);
  CHECK(events[0] == KernelEvent{1000, At::sys_enter, 7001, 0});
  CHECK(events[1] == KernelEvent{1400, At::task_newtask, 7001, 7002});
  CHECK(events[2] == KernelEvent{1420, At::process_fork, 7001, 7002});
  CHECK(events[3] == KernelEvent{1500, At::wakeup_new, 7001, 7002});
  CHECK(events[4] == KernelEvent{1600, At::switch_in, 0, 7002});
  CHECK(events[5] == KernelEvent{1650, At::sys_exit, 7002, 7002});
  CHECK(events[7] == KernelEvent{2300, At::task_newtask, 7001, 7002});  // a comm that looks like a field
}

TEST_CASE("joined by tid and time: tids recycle") {
  std::vector<Birth> births = {birth(900, 1700, 7002), birth(1950, 2600, 7002), birth(2900, 2950, 7003)};
  auto events = events_of(kTrace);
  std::reverse(events.begin(), events.end());  // CPU by CPU, they come in any order
  join(births, events);
  const Birth &first = births[0], &second = births[1], &third = births[2];
  CHECK(first[At::sys_enter] == 1000);
  CHECK(first[At::task_newtask] == 1400);
  CHECK(first[At::process_fork] == 1420);
  CHECK(first[At::wakeup_new] == 1500);
  CHECK(first[At::switch_in] == 1600);
  CHECK(first[At::sys_exit] == 1650);
  CHECK(second[At::sys_enter] == 2000);
  CHECK(second[At::task_newtask] == 2300);
  CHECK(second[At::process_fork] == 0);  // its line is lost
  CHECK(second[At::switch_in] == 2500);
  CHECK(second[At::sys_exit] == 2550);
  CHECK(third[At::task_newtask] == 0);  // not within its time
  const auto phases = phases_of(second);
  CHECK(phases[static_cast<size_t>(At::process_fork)] == -1);
  CHECK(phases[static_cast<size_t>(At::wakeup_new)] == 100);
  for (const Birth& b : births) CHECK(sum(phases_of(b)) == static_cast<int64_t>(b.whole()));
}

TEST_CASE("perf's records") {
  std::string data;
  auto add = [&data](uint32_t type, uint16_t misc, std::vector<uint32_t> body, uint32_t tid, uint64_t time) {
    perf_event_header header{type, misc, static_cast<uint16_t>(sizeof header + 4 * body.size() + 24)};
    data.append(reinterpret_cast<char*>(&header), sizeof header);
    data.append(reinterpret_cast<char*>(body.data()), 4 * body.size());
    const uint32_t pid = 7001, cpu[2] = {1, 0};
    data.append(reinterpret_cast<const char*>(&pid), 4).append(reinterpret_cast<char*>(&tid), 4);
    data.append(reinterpret_cast<char*>(&time), 8).append(reinterpret_cast<const char*>(cpu), 8);
  };
  add(PERF_RECORD_FORK, 0, {7001, 7001, 7002, 7001, 5, 0}, 7001, 500);
  add(PERF_RECORD_SWITCH, 0, {}, 7002, 600);
  add(PERF_RECORD_SWITCH, PERF_RECORD_MISC_SWITCH_OUT, {}, 7002, 700);
  add(PERF_RECORD_EXIT, 0, {7001, 7001, 7002, 7001, 5, 0}, 7002, 710);
  add(PERF_RECORD_LOST, 0, {1, 0, 4, 0}, 7001, 720);
  data.append("\x0e", 1);  // cut off
  uint64_t lost = 0;
  const auto events = parse_perf_records(data, lost);
  CHECK(lost == 4);
  REQUIRE(events.size() == 2);
  CHECK(events[0] == KernelEvent{500, At::process_fork, 7001, 7002});
  CHECK(events[1] == KernelEvent{600, At::switch_in, 7002, 7002});
  std::vector<Birth> births = {birth(400, 650, 7002)};
  auto copy = events;
  join(births, copy);
  CHECK(births[0][At::process_fork] == 500);
  CHECK(births[0][At::switch_in] == 600);
}

TEST_CASE("whatever the moments are, they telescope and are in order") {
  std::mt19937_64 random(5);
  for (int i = 0; i < 10'000; ++i) {
    Birth b = birth(1000, 1000 + random() % 1000, 7002);
    for (size_t m = 1; m + 1 < kMoments; ++m) b.at[m] = random() % 3 == 0 ? 0 : 900 + random() % 1300;
    const auto moments = b.at;
    put_in_order(b, 50);
    uint64_t last = b[At::begin], worst = 0;
    for (size_t m = 0; m < kMoments; ++m) {
      REQUIRE((b.at[m] == 0) == (moments[m] == 0));
      if (b.at[m] == 0) continue;
      REQUIRE(b.at[m] >= last);
      worst = std::max(worst, b.at[m] - moments[m]);
      last = b.at[m];
    }
    REQUIRE(b.disordered == (worst > 50));
    REQUIRE(sum(phases_of(b)) == static_cast<int64_t>(b.whole()));
    const uint32_t some = static_cast<uint32_t>(random()) | 1U << static_cast<int>(At::end);
    REQUIRE(sum(phases_of(b, some)) == static_cast<int64_t>(b.whole()));
  }
}

TEST_CASE("a profile near a quantile adds up to the mean of its births") {
  std::mt19937_64 random(9);
  SubjectResult subject{"clone", {{Round::Kind::traced, {}, 0}}, {}, ""};
  for (int i = 0; i < 2000; ++i) {
    Birth b = birth(1000, 0, 7002);
    uint64_t at = 1000;
    for (const At m : {At::sys_enter, At::task_newtask, At::switch_in, At::end}) b[m] = at += random() % 1000;
    if (i % 10 == 0) b[At::task_newtask] = 0;
    if (i % 7 == 0) b.labels = kWarmup;
    subject.rounds[0].births.push_back(b);
  }
  const auto births = sample_births(subject, Round::Kind::traced);
  CHECK(births.size() == 1714);
  CHECK(sample_births(subject, Round::Kind::plain).empty());
  const uint32_t common = common_moments(births);
  CHECK((common >> static_cast<int>(At::task_newtask) & 1) == 1);
  for (const double q : {.5, .99}) {
    const Profile p = profile_near(births, q, common, &random);
    double total = 0;
    for (const double mean : p.mean) total += mean;
    CHECK(total == doctest::Approx(p.whole));
    CHECK(p.interval[static_cast<size_t>(At::end)].contains(p.mean[static_cast<size_t>(At::end)]));
  }
  CHECK(phase_name(static_cast<size_t>(At::switch_in), common, true) == "task_newtask -> sched_switch");
}

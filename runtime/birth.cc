// SPDX-License-Identifier: MIT
// The records of births, and the table made of them: from each record the time that every phase took, from those, class by
// class and phase by phase, the percentiles, by nearest rank. A phase counts for the births that have both its ends.
#include "runtime/birth.h"

#include <mstart/print.h>

#include "os/clock.h"
#include "os/mem.h"
#include "runtime/print.h"
#include "runtime/report.h"

namespace mstart::runtime {

constinit bool births_recorded = false;

namespace {

constexpr uint32_t kRecords = 8192;

// The stamps in their order: phase i goes from stamp i - 1 to stamp i.
struct Stamp {
  char name[18];
  uint8_t offset;
};
constexpr Stamp kStamps[] = {
    {"newproc", offsetof(Birth, start.newproc)},
    {"wakep", offsetof(Birth, start.wakep)},
    {"startm", offsetof(Birth, start.startm)},
    {"allocm", offsetof(Birth, allocm)},
    {"clone entered", offsetof(Birth, clone_entered)},
    {"first instruction", offsetof(Birth, first_instruction)},
    {"mstart", offsetof(Birth, mstart)},
    {"minit", offsetof(Birth, minit)},
    {"acquirep", offsetof(Birth, acquirep)},
    {"schedule", offsetof(Birth, schedule)},
    {"first G", offsetof(Birth, first_g)},
};
constexpr int kStartm = 2, kAllocm = 3, kFirstG = 10;

// By BirthClass. `begins`: its first stamp; what may be in those before it belongs to something else.
struct Class {
  char name[9];
  uint8_t begins;
};
constexpr Class kClasses[] = {{"wake", 0}, {"handoff", kStartm}, {"template", kStartm}, {"other", kAllocm}};

uint64_t load(const uint64_t& stamp) { return __atomic_load_n(&stamp, __ATOMIC_RELAXED); }

// What a birth took, in cycles; -1 where an end is missing. Phase i is [i].
constexpr int kWhole = kFirstG + 1, kBeside = kFirstG + 2, kSpans = kFirstG + 3;
static_assert(births_scratch(1) == kSpans + 1);
using Spans = int64_t[kSpans];

// The counters of two CPUs may differ a little: a stamp before the one that it follows is taken to be equal to it, so no
// phase is negative and all of them still add up to the whole. Returns how often that was so.
uint32_t measure(const Birth& birth, Spans& spans) {
  const auto* base = reinterpret_cast<const char*>(&birth);
  const bool born = load(birth.first_instruction) != 0;
  uint64_t first = 0, last = 0;
  uint32_t out_of_order = 0;
  for (int i = 0; i <= kFirstG; ++i) {
    uint64_t t = load(*reinterpret_cast<const uint64_t*>(base + kStamps[i].offset));
    spans[i] = spans[kWhole] = -1;
    if (t == 0 || !born || i < kClasses[static_cast<int>(birth.kind)].begins) continue;
    if (t < last) t = last, ++out_of_order;
    if (last != 0)
      spans[i] = static_cast<int64_t>(t - last);
    else
      first = t;
    if (i == kFirstG) spans[kWhole] = static_cast<int64_t>(t - first);
    last = t;
  }
  spans[kBeside] = born ? static_cast<int64_t>(load(birth.clone_returned) - load(birth.clone_entered)) : -1;
  return out_of_order;
}

void sort(int64_t* data, uint32_t n) {
  for (uint32_t gap = n; (gap /= 2) != 0;) {
    for (uint32_t i = gap; i < n; ++i) {
      const int64_t x = data[i];
      uint32_t j = i;
      for (; j >= gap && data[j - gap] > x; j -= gap) data[j] = data[j - gap];
      data[j] = x;
    }
  }
}

// In microseconds, 12 characters: "    1234.567"; ten seconds and more are shown as the most that fits.
void write_micros(Sink& out, int64_t cycles, double ns_per_cycle) {
  constexpr int64_t kMost = 9'999'999'999;
  auto ns = static_cast<int64_t>(static_cast<double>(cycles) * ns_per_cycle);
  if (ns > kMost) ns = kMost;
  char text[12];
  for (int i = 11; i >= 0; --i) {
    if (i == 8) {
      text[i] = '.';
      continue;
    }
    text[i] = ns != 0 || i >= 7 ? static_cast<char>('0' + ns % 10) : ' ';
    ns /= 10;
  }
  out.write({text, sizeof text});
}

void write_phase(Sink& out, int phase) {
  fill(out, "  $ -> $", {as_value(kStamps[phase - 1].name), as_value(kStamps[phase].name)});
}

// The five that took longest, and the phase that most of it went to.
void write_slowest(Sink& out, const Birth* births, Spans* spans, uint32_t count, double ns_per_cycle) {
  for (int k = 0; k < 5; ++k) {
    uint32_t slowest = 0;
    for (uint32_t i = 1; i < count; ++i) {
      if (spans[i][kWhole] > spans[slowest][kWhole]) slowest = i;
    }
    if (count == 0 || spans[slowest][kWhole] < 0) return;
    int phase = 1;
    for (int i = 2; i <= kFirstG; ++i) {
      if (spans[slowest][i] > spans[slowest][phase]) phase = i;
    }
    const Birth& birth = births[slowest];
    fill(out, "slowest: m % ($)",
         {static_cast<intptr_t>(birth.m_id), as_value(kClasses[static_cast<int>(birth.kind)].name)});
    write_micros(out, spans[slowest][kWhole], ns_per_cycle);
    fill(out, ", of it", {});
    write_micros(out, spans[slowest][phase], ns_per_cycle);
    write_phase(out, phase);
    out.write("\n");
    spans[slowest][kWhole] = -1;
  }
}

struct Moment {
  uint64_t cycles;
  int64_t ns;
};

struct Records {
  Birth* all = nullptr;
  std::atomic<uint32_t> asked{0};
  Moment start{};
};
constinit Records records;

// Both clocks at one moment: of several tries the one that took least.
Moment now() {
  Moment best{};
  uint64_t least = UINT64_MAX;
  for (int i = 0; i < 16; ++i) {
    const uint64_t before = arch::cycles();
    const int64_t ns = os::nanotime();
    const uint64_t took = arch::cycles() - before;
    if (took >= least) continue;
    least = took;
    best = {before + took / 2, ns};
  }
  return best;
}

double ns_per_cycle() {
  if (const uint64_t hz = arch::cycles_hz(); hz != 0) return 1e9 / static_cast<double>(hz);
  const Moment end = now();
  return static_cast<double>(end.ns - records.start.ns) / static_cast<double>(end.cycles - records.start.cycles);
}

}  // namespace

void record_births() {
  records.all = reinterpret_cast<Birth*>(os::map_backed(kRecords * sizeof(Birth)).value_or(nullptr));
  if (records.all == nullptr) return;
  records.start = now();
  births_recorded = true;
}

Birth* new_birth() {
  const uint32_t i = records.asked.fetch_add(1, std::memory_order_relaxed);
  return i < kRecords ? records.all + i : nullptr;
}

void format_births(Sink& out, const Birth* births, uint32_t count, uint32_t unrecorded, double ns_per_cycle,
                   int64_t* scratch) {
  auto* spans = reinterpret_cast<Spans*>(scratch);
  int64_t* column = scratch + size_t{count} * kSpans;
  uint32_t refused = 0, idle = 0, out_of_order = 0;
  for (uint32_t i = 0; i < count; ++i) {
    out_of_order += measure(births[i], spans[i]);
    if (load(births[i].first_instruction) == 0)
      ++refused;  // or it is just being made
    else if (spans[i][kWhole] < 0)
      ++idle;
  }
  fill(out, "births: %, of them found no work: %, refused or unfinished: %, not recorded: %, stamps out of order: %\n",
       {count - refused, idle, refused, unrecorded, out_of_order});
  fill(out, "in microseconds                              p50         p90         p99         max  births\n", {});
  for (int kind = 0; kind < 4; ++kind) {
    const char* heading = kClasses[kind].name;
    for (int phase = 1; phase < kSpans; ++phase) {
      uint32_t n = 0;
      for (uint32_t i = 0; i < count; ++i) {
        if (static_cast<int>(births[i].kind) == kind && spans[i][phase] >= 0) column[n++] = spans[i][phase];
      }
      if (n == 0) continue;
      if (heading != nullptr) fill(out, "$\n", {as_value(heading)});
      heading = nullptr;
      sort(column, n);
      const size_t line = out.size();
      if (phase <= kFirstG)
        write_phase(out, phase);
      else
        fill(out, phase == kWhole ? "= the whole" : "| clone returned, beside", {});
      while (out.size() < line + 36) out.write(" ");
      for (const uint32_t percent : {50, 90, 99, 100})
        write_micros(out, column[(n * percent + 99) / 100 - 1], ns_per_cycle);
      fill(out, "  %\n", {n});
    }
  }
  write_slowest(out, births, spans, count, ns_per_cycle);
}

void report_births(int fd) {
  constexpr size_t kTextBytes = 16384;
  if (!births_recorded) return;
  const uint32_t asked = records.asked.load(std::memory_order_relaxed);
  const uint32_t count = asked < kRecords ? asked : kRecords;
  char* memory = os::map_pages(kTextBytes + births_scratch(count) * sizeof(int64_t)).value_or(nullptr);
  if (memory == nullptr) return;
  Sink out({memory, kTextBytes});
  format_births(out, records.all, count, asked - count, ns_per_cycle(),
                reinterpret_cast<int64_t*>(memory + kTextBytes));
  detail::write_all(fd, out.text());
}

}  // namespace mstart::runtime

// SPDX-License-Identifier: MIT
// One pass over the kernel's events, in their order, with the births that are under way by tid.
#include "join.h"

#include <algorithm>
#include <unordered_map>

namespace threadlab {

Birth from_record(const lab_birth& r, uint32_t place) {
  Birth b;
  b[At::begin] = r.begin;
  b[At::newproc] = r.newproc;
  b[At::wakep] = r.wakep;
  b[At::startm] = r.startm;
  b[At::allocm] = r.allocm;
  b[At::clone_entered] = r.clone_entered;
  b[At::first_instruction] = r.first_instruction;
  b[At::mstart] = r.mstart;
  b[At::minit] = r.minit;
  b[At::acquirep] = r.acquirep;
  b[At::schedule] = r.schedule;
  b[At::first_g] = r.first_g;
  b[At::end] = r.end;
  b.created = r.created;
  b.released = r.released;
  b.reusable = r.reusable;
  b.place = place;
  b.tid = r.tid;
  b.cpu = r.cpu;
  b.creator_tid = r.creator_tid;
  b.creator_cpu = r.creator_cpu;
  b.faults = r.faults;
  b.creator_faults = r.creator_faults;
  b.switches = r.switches;
  b.creator_switches = r.creator_switches;
  if ((r.flags & kLabStale) != 0) b.labels |= kStale;
  return b;
}

void join(std::vector<Birth>& births, std::vector<KernelEvent>& events) {
  std::sort(events.begin(), events.end(), [](const KernelEvent& a, const KernelEvent& b) {
    return a.ticks != b.ticks ? a.ticks < b.ticks : a.moment < b.moment;
  });
  std::unordered_multimap<uint32_t, Birth*> by_tid;
  for (Birth& birth : births) {
    if ((birth.labels & kStale) == 0) by_tid.emplace(birth.tid, &birth);
  }
  std::unordered_map<uint32_t, uint64_t> entered;  // by creator: its last sys_enter that has made no thread yet
  std::unordered_map<uint32_t, Birth*> under_way;  // by newborn
  for (const KernelEvent& event : events) {
    if (event.moment == At::sys_enter) {
      entered[event.actor] = event.ticks;
      continue;
    }
    auto at = under_way.find(event.child);
    const bool makes =
        event.moment == At::task_newtask ||
        (event.moment == At::process_fork && (at == under_way.end() || (*at->second)[At::process_fork] != 0));
    if (makes) {
      Birth* newborn = nullptr;
      const auto [first, last] = by_tid.equal_range(event.child);
      for (auto candidate = first; candidate != last; ++candidate) {
        Birth& b = *candidate->second;
        if (b[At::begin] <= event.ticks && event.ticks <= b[At::end]) newborn = &b;
      }
      under_way.erase(event.child);
      if (newborn == nullptr) continue;
      at = under_way.emplace(event.child, newborn).first;
      if (const auto call = entered.find(event.actor); call != entered.end()) {
        if (call->second >= (*newborn)[At::begin]) (*newborn)[At::sys_enter] = call->second;
        entered.erase(call);
      }
    }
    if (at == under_way.end()) continue;
    Birth& birth = *at->second;
    // What comes after the end of the birth (a later switch) is not part of it.
    if (birth[event.moment] == 0 && event.ticks <= birth[At::end]) birth[event.moment] = event.ticks;
  }
}

void put_in_order(Birth& birth, uint64_t tolerance) {
  uint64_t last = birth[At::begin];
  for (uint64_t& moment : birth.at) {
    if (moment == 0) continue;
    if (moment < last) {
      if (last - moment > tolerance) birth.disordered = true;
      moment = last;
    }
    last = moment;
  }
}

}  // namespace threadlab

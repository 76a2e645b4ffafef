// SPDX-License-Identifier: MIT
// What the C and C++ peers share: their options, the cycle counter, order statistics, and the line
// of JSON that each prints.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static inline uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline uint64_t ticks(void) {  // of the cycle counter; not read before what stands above it
#if defined(__x86_64__)
  uint32_t lo, hi;
  __asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
  return (uint64_t)hi << 32 | lo;
#elif defined(__aarch64__)
  uint64_t t;
  __asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(t) : : "memory");
  return t;
#endif
}

static struct {
  long n;  // -n N or --quick
} options;
static uint64_t start_ticks, start_ns;

static inline void parse_options(int argc, char** argv, long usual, long few) {
  options.n = usual;
  for (char** a = argv + 1; a < argv + argc; ++a) {
    if (!strcmp(*a, "-n") && a[1]) options.n = atol(*++a);
    if (!strcmp(*a, "--quick")) options.n = few;
  }
  start_ns = now_ns(), start_ticks = ticks();
}

static inline int by_value(const void* a, const void* b) {
  uint64_t x = *(const uint64_t*)a, y = *(const uint64_t*)b;
  return (x > y) - (x < y);
}

enum { kWarmup = 100 };  // the first samples are not in the quantiles; the very first is shown

static inline void print_latencies(const char* bench, const char* peer, uint64_t* all) {
  while (now_ns() - start_ns < 20000000) usleep(1000);  // at least 20 ms to calibrate over
  const double ns = (double)(now_ns() - start_ns) / (double)(ticks() - start_ticks);
  const long n = options.n;
  uint64_t* s = all + kWarmup;
  qsort(s, (size_t)n, sizeof *s, by_value);
  printf("{\"bench\":\"%s\",\"peer\":\"%s\",\"clock\":\"cycles\",\"n\":%ld,", bench, peer, n);
  printf("\"warmup\":%d,\"first_ns\":%.0f", kWarmup, (double)all[0] * ns);
  const char* name[] = {"p50", "p90", "p99", "p999", "max"};
  const long per_mille[] = {500, 900, 990, 999, 1000};
  for (int i = 0; i < 5; ++i) printf(",\"%s_ns\":%.0f", name[i], (double)s[(n - 1) * per_mille[i] / 1000] * ns);
  puts("}");
}

static inline void print_per_op(const char* bench, const char* peer, long n, uint64_t ns) {
  printf("{\"bench\":\"%s\",\"peer\":\"%s\",\"clock\":\"monotonic\",\"n\":%ld,", bench, peer, n);
  printf("\"ns_per_op\":%.2f}\n", (double)ns / (double)n);
}

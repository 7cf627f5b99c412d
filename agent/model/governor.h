/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_GOVERNOR_H
#define MODEL_GOVERNOR_H
/* stacks=auto: keeps what walking costs under 1 % of one CPU by choosing M (core/sample.h). Pure; the reporter brings the
 * figures every 100 ms. */
#include <stdint.h>

/* What a walk costs: calls and frames of GetStackTrace with our look-ups (JDK 17 to 25, hotspot-hooks.md 6). */
enum { GOVERNOR_NS_PER_WALK = 450, GOVERNOR_NS_PER_FRAME = 120 };
/* The same of native/unwind, names and tables included; what Java frames lie above is a walk of its own. */
enum { GOVERNOR_NS_PER_NATIVE_WALK = 700, GOVERNOR_NS_PER_NATIVE_FRAME = 25 };
/* These are walks in a row. One in the middle of a library's own work finds nothing in the caches and takes them from that work. An
 * estimate, on JDK 17 with a Flink job and RocksDB: three to four times as much by samples of the walking code itself; ten times
 * by the CPU that TaskManagers took with such walks and nearly without (five rounds, always in that order). */
enum { GOVERNOR_NATIVE_TIMES = 10 };

struct governor {
    int64_t saved_ns; /* unspent share, at most GOVERNOR_SAVED_MAX: pays for bursts such as the network buffers at start */
    uint8_t exponent; /* the present answer */
};

void governor_init(struct governor *governor);
/* Nanoseconds of one CPU that so many walks over so many frames took; an estimate. */
uint64_t governor_cost(uint64_t walks, uint64_t frames);
/* Walks from native libraries, with the Java part of those that have one. */
uint64_t governor_native_cost(uint64_t walks, uint64_t frames, uint64_t java_walks, uint64_t java_frames);
/* walks and frames of the last window_ns. Returns the exponent from now on: 0 while the budget allows every call. */
uint8_t governor_next(struct governor *governor, uint64_t walks, uint64_t frames, uint64_t window_ns);
/* The same where the cost is known. */
uint8_t governor_pay(struct governor *governor, uint64_t cost_ns, uint64_t window_ns);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CREW_H
#define TESTS_CREW_H
/* Threads for tests. CUnit's asserts are for the main thread alone, so a crew counts its complaints. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A sanitizer makes a step 3 to 20 times as dear: tests divide their rounds by CREW_SCALE. */
#ifdef __has_feature
#define CREW_HAS_FEATURE(x) __has_feature(x)
#else
#define CREW_HAS_FEATURE(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    CREW_HAS_FEATURE(address_sanitizer) || CREW_HAS_FEATURE(thread_sanitizer)
#define CREW_SANITIZED 1
enum { CREW_SCALE = 4 };
#else
#define CREW_SANITIZED 0
enum { CREW_SCALE = 1 };
#endif

enum { CREW_MAX = 16 };

/* Runs work(0) ... work(size - 1), each in its own thread, all let go at once; returns the complaints when all are done. */
unsigned crew_run(int size, void (*work)(int member));
/* Inside work(): what must hold. */
void crew_check(bool holds);

/* splitmix64: seeded, so that a failing run can be had again. */
uint64_t crew_random(uint64_t *state);
/* 0 ... below - 1 */
uint32_t crew_below(uint64_t *state, uint32_t below);

/* p, which must not be NULL: analysers do not know that CUnit's fatal asserts never return. */
void *crew_need(void *p);
/* Byte for byte, padding too: nobody wrote there, or all of it was copied. */
bool crew_same(const void *a, const void *b, size_t n);

#endif

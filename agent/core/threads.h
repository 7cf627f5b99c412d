/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_THREADS_H
#define CORE_THREADS_H
/* The live Java threads: who started each, and where its stack is. A record holds ids and an address, nothing of the JVM's. */
#include <stdbool.h>
#include <stdint.h>

#include "core/attempts.h"
#include "core/owners.h"
#include "weir.h"

struct threads;

/* THREADS_UNRECORDED: the table was full; the thread is counted all the same. Slot 0 is no thread. */
enum { THREADS_MAX = (1 << 15) - 1, THREADS_UNRECORDED = 0xffff };

struct thread_rec {
    struct owner_key creator;  /* who started it: stack, code source, attempt; stack 0: the VM, native code, or before weir */
    int64_t          since_ms; /* coarse wall time of its start; of older ones: when they were found */
    int32_t          tid;      /* 0: does not run yet, or is older than weir */
    uintptr_t        at;       /* an address of its stack, near the top; 0 unknown */
    bool             found;    /* is older than weir */
};

/* The attempts that records name are held in `attempts` for as long. */
enum weir_rc threads_new(struct threads **out, struct attempts *attempts);
void         threads_delete(struct threads *threads);

/* Any thread, also inside a hook. Counts one more, unless `limit` are there (UINT64_MAX: always). */
bool     threads_claim(struct threads *threads, uint64_t limit);
/* After a claim that was granted: the record's slot. */
uint32_t threads_begin(struct threads *threads, const struct owner_key *creator, bool found, int64_t coarse_ms);
/* On the thread itself. */
void     threads_runs(struct threads *threads, uint32_t slot, int32_t tid, uintptr_t at);
/* It ended, or its start failed. */
void     threads_end(struct threads *threads, uint32_t slot);
uint64_t threads_live(const struct threads *threads);

/* Reporter. False: no such record now. */
bool     threads_get(struct threads *threads, uint32_t slot, struct thread_rec *out);
/* Slots are below this. */
uint32_t threads_high(const struct threads *threads);
uint64_t threads_dropped(const struct threads *threads);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_HELDTHREADS_H
#define MODEL_HELDTHREADS_H
/* Threads that outlived the attempt that started them, by family: of one name but for its numbers. Pure. */
#include <stddef.h>
#include <stdint.h>

#include "snapshot.h"

enum { HELDTHREADS_FAMILIES = 64 };

struct heldthreads {
    size_t           count;
    uint64_t         left_out; /* threads of families beyond the bound */
    struct weir_held family[HELDTHREADS_FAMILIES];
};

/* pulsar-client-io-12-3 to pulsar-client-io-*-*: each run of digits becomes one star. Cut at cap - 1. */
void heldthreads_family(const char *name, char *out, size_t cap);
/* One live thread, and the ended attempt that started it. */
void heldthreads_add(struct heldthreads *held, const char *name, const struct weir_attempt *starter);
/* The largest families, biggest first, into oom->held; all other threads are counted. */
void heldthreads_top(struct heldthreads *held, struct weir_oom *oom);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* balance_blocks.c: blocks of BLOCK_LEAST bytes and more are collected from the books, and mincore() is asked about their
 * pages once no lock is held; a page at an end counts with what of it is the block's. Of small ones and of large ones of each row a sample of bounded size stands for all: each block
 * has the same chance to be in it. A block that was given back by then counts as touched. */
#include "balance_blocks.h"

#include <string.h>
#include <unistd.h>

#include "base/resident.h"
#include "core/acct.h"

enum { BLOCK_LEAST = 16 * 1024, BLOCK_LARGE = 1 << 20, SAMPLE = 512, SIZES = 2 };

struct block {
    uintptr_t from;
    size_t    bytes;
};

static struct sample {
    uint64_t     seen, seen_bytes;
    struct block block[SAMPLE];
} samples[WEIR_COMPONENT_COUNT][SIZES]; /* the reporter's alone */

static uint64_t dice = 88172645463325252u;

static uint64_t roll(void)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    return dice ^= dice << 17;
}

static void keep(void *with, uintptr_t addr, uint64_t bytes, enum weir_component component, enum weir_kind kind)
{
    (void)with;
    if (kind == WEIR_KIND_MAPPED || kind == WEIR_KIND_STACK)
        return;
    struct sample *s = &samples[component][bytes >= BLOCK_LARGE];
    uint64_t       at = s->seen++;
    s->seen_bytes += bytes;
    if (at >= SAMPLE)
        at = roll() % s->seen;
    if (at < SAMPLE)
        s->block[at] = (struct block){ addr, bytes };
}

static bool resident(uintptr_t from, size_t bytes, uint64_t *out)
{
    *out = 0;
    return bytes == 0 || resident_bytes((void *)from, bytes, out); /* NOLINT(performance-no-int-to-ptr): as booked */
}

/* Bytes on pages that are not there. */
static uint64_t empty_in(const struct block *b, uintptr_t page)
{
    uintptr_t end = b->from + b->bytes, first = b->from & ~(page - 1), last = end & ~(page - 1);
    uint64_t  head, middle, tail;
    if (!resident(first, page, &head) || !resident(first + page, last - first - page, &middle) ||
        !resident(last, last == end ? 0 : page, &tail))
        return 0; /* given back by now */
    return (head == 0 ? first + page - b->from : 0) + (last - first - page - middle) + (tail == 0 ? end - last : 0);
}

static bool in_area(const struct blocks_area *areas, size_t count, uintptr_t at)
{
    while (count > 0) {
        size_t half = count / 2;
        if (at < areas[half].from) {
            count = half;
        } else if (at >= areas[half].to) {
            areas += half + 1;
            count -= half + 1;
        } else {
            return true;
        }
    }
    return false;
}

/* part x all / some, in the range of what a process can hold. */
static uint64_t scale(uint64_t part, uint64_t all, uint64_t some)
{
    return some == 0 ? 0 : all == some ? part : (uint64_t)((double)part / (double)some * (double)all);
}

static void look(const struct sample *s, const struct blocks_area *areas, size_t areas_count, uint64_t *untouched, uint64_t *apart)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uint64_t  looked = 0, empty = 0, empty_apart = 0;
    for (size_t i = 0; i < s->seen && i < SAMPLE; i++) {
        const struct block *b = &s->block[i];
        uint64_t            bytes = empty_in(b, page);
        looked += b->bytes;
        empty += bytes;
        empty_apart += in_area(areas, areas_count, b->from) ? 0 : bytes;
    }
    *untouched += scale(empty, s->seen_bytes, looked);
    *apart += scale(empty_apart, s->seen_bytes, looked);
}

static void take_mapping(void *with, uintptr_t addr, uint64_t bytes, enum weir_component component, enum weir_kind kind)
{
    struct blocks_found *out = with;
    uint64_t             there;
    (void)kind;
    out->mapped[component] += bytes;
    if (resident(addr, bytes, &there))
        out->mapped_resident[component] += there;
}

void blocks_find(const struct blocks_area *areas, size_t count, struct blocks_found *out)
{
    memset(out, 0, sizeof *out);
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        for (int i = 0; i < SIZES; i++)
            samples[c][i].seen = samples[c][i].seen_bytes = 0;
    acct_each_mapping(take_mapping, out);
    acct_each_block(BLOCK_LEAST, keep, NULL);
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        for (int i = 0; i < SIZES; i++) {
            look(&samples[c][i], areas, count, &out->untouched[c], &out->apart[c]);
            out->sampled = out->sampled || samples[c][i].seen > SAMPLE;
        }
}

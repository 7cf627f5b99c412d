/* SPDX-License-Identifier: Apache-2.0 */
/* out_slot.c: the share of one slot, its consumers of managed memory, and RocksDB's or ForSt's capacities. */
#include "out/out_slot.h"

#include <inttypes.h>

#include "out/figure.h"

#include "base/poison.h"

static void put_row(struct buf *b, const char *name, uint64_t bytes)
{
    char       text[32];
    struct buf size;
    buf_init(&size, text, sizeof text);
    figure_bytes(&size, bytes);
    buf_printf(b, "  %-17s %20" PRIu64 " %20s", name, bytes, size.data);
}

static void put_plain_row(struct buf *b, const char *name, uint64_t bytes)
{
    put_row(b, name, bytes);
    buf_puts(b, "\n");
}

static void put_uses(struct buf *b, const struct out_slot *s)
{
    for (int i = 0; i < MANAGED_USE_COUNT; i++) {
        const struct out_slot_use *u = &s->use[i];
        if (u->name == NULL)
            continue;
        put_row(b, u->name, u->bytes);
        if (u->none)
            buf_puts(b, "   takes no managed memory, as configured");
        else if (s->weighted)
            buf_printf(b, "   of managed, weight %" PRId32, s->weights.weight[i]);
        else
            buf_puts(b, "   of managed");
        buf_puts(b, "\n");
    }
}

static void put_state(struct buf *b, const struct out_slot *s)
{
    const struct statememory *m = &s->state;
    bool                      forst = s->backend == STATEMEMORY_FORST;
    buf_printf(b, "%s\n", forst ? "ForSt" : "RocksDB");
    if (m->source == STATEMEMORY_NO_BOUND) {
        buf_puts(b, "  no bound: each state has a block cache and write buffers of its own, "
                    "outside every row\n");
        return;
    }
    buf_printf(b, "  out of %s", statememory_source_name(s->backend, m->source));
    buf_puts(b, m->source == STATEMEMORY_MANAGED ? ""
                : m->source == STATEMEMORY_PER_TM
                    ? ", outside every row: one for the whole TaskManager"
                    : ", outside every row");
    buf_puts(b, "\n");
    if (m->source != STATEMEMORY_MANAGED)
        put_plain_row(b, "size", m->bytes);
    put_row(b, "block cache", m->cache);
    buf_puts(b, "   write buffers are charged to it; not strict\n");
    put_plain_row(b, "  high priority", m->high_priority);
    put_row(b, "write buffers", m->write_buffers);
    buf_puts(b, "   may reach 1.5 times this\n");
    if (m->arena_too_large) {
        buf_puts(b, "  too little: the arena block of one write buffer (");
        figure_bytes(b, m->arena);
        buf_puts(b, ") is above 7/8 of all write buffers, so RocksDB flushes all the time\n");
    }
}

void out_slot_text(struct buf *b, const struct out_slot *s)
{
    buf_printf(b, "\none of %" PRId32 " slot%s\n", s->slot.slots, s->slot.slots == 1 ? "" : "s");
    put_plain_row(b, "task.heap", s->slot.task_heap);
    put_plain_row(b, "task.off-heap", s->slot.task_off_heap);
    put_plain_row(b, "network", s->slot.network);
    put_row(b, "managed", s->slot.managed);
    buf_printf(b, "   %" PRIu64 " pages\n", s->slot.pages);
    put_uses(b, s);
    if (s->has_state)
        put_state(b, s);
}

static const char *source_id(enum statememory_source source)
{
    static const char *const ids[] = { "managed", "fixed-per-slot", "fixed-per-tm", "none" };
    return ids[source];
}

static void json_state(struct json *j, const struct statememory *m)
{
    json_string(j, "source", source_id(m->source));
    if (m->source == STATEMEMORY_NO_BOUND)
        return;
    json_unsigned(j, "size", m->bytes);
    json_unsigned(j, "block_cache", m->cache);
    json_unsigned(j, "high_priority", m->high_priority);
    json_unsigned(j, "write_buffers", m->write_buffers);
    json_bool(j, "arena_too_large", m->arena_too_large);
}

void out_slot_json(struct json *j, const struct out_slot *s)
{
    json_object(j, "slot");
    json_unsigned(j, "slots", (uint64_t)s->slot.slots);
    json_unsigned(j, "task.heap", s->slot.task_heap);
    json_unsigned(j, "task.off-heap", s->slot.task_off_heap);
    json_unsigned(j, "network", s->slot.network);
    json_unsigned(j, "managed", s->slot.managed);
    json_unsigned(j, "managed_pages", s->slot.pages);
    json_object(j, "consumers");
    for (int i = 0; i < MANAGED_USE_COUNT; i++) {
        if (s->use[i].name == NULL)
            continue;
        json_object(j, s->use[i].name);
        json_unsigned(j, "bytes", s->use[i].bytes);
        if (s->weighted && !s->use[i].none)
            json_signed(j, "weight", s->weights.weight[i]);
        if (i == MANAGED_STATE && s->has_state)
            json_state(j, &s->state);
        json_object_end(j);
    }
    json_object_end(j);
    json_object_end(j);
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_OWNERS_H
#define CORE_OWNERS_H
/* Who holds how much: live bytes and blocks per deciding frame (component, kind, stack, code source, loader). */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir.h"

struct owners;
struct libraries;

struct owner_key {
    uint32_t stack;      /* core/stacks id; 0 unknown */
    uint32_t source;     /* core/stacks name of the deciding frame's code source */
    uint32_t loader;     /* core/stacks name of its loader's class */
    uint32_t loader_tag; /* identity of that loader within this JVM, of the job's own where it descends from one; 0 boot or
                          * unknown */
    uint32_t attempt;    /* core/attempts id of the allocating thread; 0 none */
    uint16_t shared;     /* 1: that thread serves no single attempt, `attempt` only started it */
    uint16_t pile;       /* index in core/libraries of the native library that took it, whose component counts; 0 none did */
    uint8_t  component, kind;
    int16_t  decider;    /* index of the deciding frame in the stack; -1 none kept */
};

struct owner_view {
    struct owner_key key;
    uint64_t         bytes, count;
    int64_t          since_ms; /* coarse wall time of the first of the live blocks */
    uint64_t         weight;   /* kind native: what its sampled blocks stand for beside themselves, a sum (core/sample.h) */
};

enum weir_rc owners_new(struct owners **out);
void         owners_delete(struct owners *owners);

/* Any thread, also inside a hook. Adds one block and returns the owner's index for owners_discharge(). When the table is
 * full the block goes to an owner of its component and kind without stack (counted). */
uint32_t owners_charge(struct owners *owners, const struct owner_key *key, uint64_t bytes, int64_t coarse_ms);
/* The same, and false when the table is full: nothing was added but to the count of such calls. */
bool     owners_charge_if(struct owners *owners, const struct owner_key *key, uint64_t bytes, uint64_t weight, int64_t coarse_ms,
                          uint32_t *owner);
/* A block without stack or source: nested calls, memory from before weir. */
uint32_t owners_charge_plain(struct owners *owners, enum weir_component component, enum weir_kind kind, uint64_t bytes,
                             int64_t coarse_ms);
void     owners_discharge(struct owners *owners, uint32_t owner, uint64_t bytes);
/* One block more, of an owner that has some. */
void     owners_again(struct owners *owners, uint32_t owner, uint64_t bytes);
/* Before owners_discharge() of a block that had a weight. */
void     owners_lighten(struct owners *owners, uint32_t owner, uint64_t weight);
/* Views of owners with a pile say this component of it. */
void     owners_follow(struct owners *owners, const struct libraries *libraries);
struct owner_key owners_key(const struct owners *owners, uint32_t owner);

/* In place of a component: what one budget of the direct pool holds, kind direct without network; and the buffers that
 * libraries take beside Flink's own, kinds direct and unsafe without network and managed. */
enum { OWNERS_DIRECT = WEIR_COMPONENT_COUNT + 1, OWNERS_BUFFERS };
/* Reporter: the largest owners of a component (WEIR_COMPONENT_COUNT: of all; or of the above), biggest first; how many were
 * found. */
size_t   owners_top(struct owners *owners, enum weir_component component, struct owner_view *out, size_t max);
/* Reporter: every owner that holds something and has a stack; the visitor takes no lock. */
void     owners_each(struct owners *owners, void (*visit)(void *with, const struct owner_view *), void *with);
/* Reporter: when three quarters are taken, forgets owners that hold nothing; how many. */
uint32_t owners_reclaim(struct owners *owners);
uint64_t owners_dropped(const struct owners *owners);

#endif

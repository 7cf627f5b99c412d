/* SPDX-License-Identifier: Apache-2.0 */
/* pingroup.c: two holders are alike when kind and name are the same but for numbers: threads of pools, proxies and lambdas differ
 * in nothing else from job to job. Where names differ the common one has a star for each number. Paths from the same place may
 * differ further down (two entries of one bucket): the shorter one is shown.
 * Bound: WEIR_MAX_PINS reasons, of each WEIR_MAX_PINNED threads; further reasons are counted. */
#include "model/pingroup.h"

#include <string.h>

#include "model/heldthreads.h"
#include "base/poison.h"

static bool same_but_numbers(const char *a, const char *b)
{
    char x[WEIR_PIN_PATH], y[WEIR_PIN_PATH];
    heldthreads_family(a, x, sizeof x);
    heldthreads_family(b, y, sizeof y);
    return strcmp(x, y) == 0;
}

static bool of_thread(enum weir_pin_kind kind)
{
    return kind == WEIR_PIN_THREAD || kind == WEIR_PIN_THREAD_LOCAL || kind == WEIR_PIN_CONTEXT_LOADER;
}

/* b says nothing that a does not say. */
static bool makes_idle(const struct pin_found *a, const struct pin_found *b)
{
    if (a->pin.cut != b->pin.cut)
        return b->pin.cut;
    if ((a->pin.kind == WEIR_PIN_VM) != (b->pin.kind == WEIR_PIN_VM))
        return b->pin.kind == WEIR_PIN_VM;
    if (of_thread(a->pin.kind) && of_thread(b->pin.kind) && a->thread == b->thread && a->thread != 0) {
        if (a->runs != b->runs)
            return a->runs > b->runs;
        if (a->pin.kind != b->pin.kind)
            return b->pin.kind == WEIR_PIN_THREAD;
    }
    return a->pin.kind == b->pin.kind && strcmp(a->pin.what, b->pin.what) == 0 && a->thread == b->thread;
}

static bool is_idle(const struct pin_found *found, size_t count, size_t at)
{
    for (size_t i = 0; i < count; i++) {
        bool back = makes_idle(&found[at], &found[i]);
        if (i != at && makes_idle(&found[i], &found[at]) && (!back || i < at))
            return true;
    }
    return false;
}

size_t pingroup_reduce(struct pin_found *found, size_t count)
{
    bool   idle[64] = { false };
    size_t left = 0;
    count = count < 64 ? count : 64;
    for (size_t i = 0; i < count; i++)
        idle[i] = is_idle(found, count, i);
    for (size_t i = 0; i < count; i++)
        if (!idle[i])
            found[left++] = found[i];
    return left;
}

static bool alike(const struct weir_pin *a, const struct weir_pin *b)
{
    return a->kind == b->kind && a->bounded == b->bounded && a->soft == b->soft && a->cut == b->cut &&
           strcmp(a->source, b->source) == 0 && same_but_numbers(a->what, b->what);
}

static void fold(char *text, const char *other, size_t cap)
{
    char folded[WEIR_PIN_PATH];
    if (strcmp(text, other) == 0)
        return;
    heldthreads_family(text, folded, cap);
    memcpy(text, folded, strlen(folded) + 1);
}

static void take_path(struct weir_pin *pin, const struct weir_pin *other)
{
    if (same_but_numbers(pin->path, other->path))
        fold(pin->path, other->path, sizeof pin->path);
    else if (strlen(other->path) < strlen(pin->path))
        memcpy(pin->path, other->path, sizeof pin->path);
}

/* Is it the first time that this reason is of this thread? */
static bool is_new_thread(struct pingroup *g, size_t pin, uint32_t thread)
{
    uint32_t *of = g->thread[pin];
    for (size_t i = 0; i < WEIR_MAX_PINNED; i++) {
        if (of[i] == thread)
            return false;
        if (of[i] == 0) {
            of[i] = thread;
            return true;
        }
    }
    return false;
}

/* Its number; WEIR_MAX_PINS: no room. */
static size_t place_of(struct weir_pins *pins, const struct pin_found *f)
{
    for (size_t i = 0; i < pins->pin_count; i++)
        if (alike(&pins->pins[i], &f->pin)) {
            fold(pins->pins[i].what, f->pin.what, sizeof f->pin.what);
            take_path(&pins->pins[i], &f->pin);
            return i;
        }
    if (pins->pin_count == WEIR_MAX_PINS)
        return WEIR_MAX_PINS;
    pins->pins[pins->pin_count] = f->pin;
    pins->pins[pins->pin_count].loaders = pins->pins[pins->pin_count].threads = 0;
    return pins->pin_count++;
}

static enum weir_hold hold_of(const struct pin_found *found, size_t count)
{
    enum weir_hold hold = WEIR_HOLD_SOFT;
    for (size_t i = 0; i < count; i++) {
        if (!found[i].pin.bounded && !found[i].pin.soft)
            return WEIR_HOLD_PINNED;
        hold = found[i].pin.bounded ? WEIR_HOLD_CACHED : hold;
    }
    return hold;
}

void pingroup_add(struct pingroup *group, size_t at, const struct pin_found *found, size_t count)
{
    struct weir_pins   *pins = group->pins;
    struct weir_pinned *p = &pins->pinned[at];
    if (count == 0)
        return;
    p->hold = hold_of(found, count);
    for (size_t i = 0; i < count; i++) {
        size_t n = place_of(pins, &found[i]);
        if (n == WEIR_MAX_PINS) {
            pins->more_pins++;
            continue;
        }
        pins->pins[n].loaders += (p->pins >> n & 1) == 0;
        pins->pins[n].threads += of_thread(found[i].pin.kind) && found[i].thread != 0 && is_new_thread(group, n, found[i].thread);
        p->pins |= UINT32_C(1) << n;
    }
}

static bool before(const struct weir_pin *a, const struct weir_pin *b)
{
    bool a_leaks = !a->bounded && !a->soft && !a->cut, b_leaks = !b->bounded && !b->soft && !b->cut;
    return a_leaks != b_leaks ? a_leaks : a->loaders != b->loaders ? a->loaders > b->loaders : a->kind < b->kind;
}

static void swap(struct weir_pins *pins, size_t i, size_t j)
{
    struct weir_pin kept = pins->pins[i];
    pins->pins[i] = pins->pins[j];
    pins->pins[j] = kept;
    for (size_t k = 0; k < pins->pinned_count; k++) {
        uint32_t bits = pins->pinned[k].pins, x = (bits >> i ^ bits >> j) & 1;
        pins->pinned[k].pins = bits ^ (x << i | x << j);
    }
}

void pingroup_sort(struct weir_pins *pins)
{
    for (size_t i = 1; i < pins->pin_count; i++)
        for (size_t j = i; j > 0 && before(&pins->pins[j], &pins->pins[j - 1]); j--)
            swap(pins, j, j - 1);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* wrappers.c: WRAPPERS functions of one shape, each with its number compiled in: nothing is made executable at run time.
 * The shape takes every argument register and 14 further words of the stack, and hands them on in the same places: the
 * convention puts the n-th integer, floating-point number and word of stack where the same prototype of the callee looks
 * for them (System V x86-64: 6 + 8 registers, of the 8 integers two are the first words of the stack; AAPCS64: 8 + 8). What
 * the real caller did not pass is whatever stood there, handed on unread: a caller's frame and those above it are always
 * more than 128 bytes. Which natives fit is model/handlekind's to say. Results of any integer or pointer type, or none,
 * travel in one register. */
#include "jvm/wrappers.h"

#include <stdatomic.h>
#include <stddef.h>

#include "base/poison.h"

#define PARAMETERS                                                                                                         \
    intptr_t a0, intptr_t a1, intptr_t a2, intptr_t a3, intptr_t a4, intptr_t a5, intptr_t a6, intptr_t a7, double d0,     \
        double d1, double d2, double d3, double d4, double d5, double d6, double d7, intptr_t s0, intptr_t s1, intptr_t s2, \
        intptr_t s3, intptr_t s4, intptr_t s5, intptr_t s6, intptr_t s7, intptr_t s8, intptr_t s9, intptr_t s10,            \
        intptr_t s11, intptr_t s12, intptr_t s13
#define ARGUMENTS                                                                                                       \
    a0, a1, a2, a3, a4, a5, a6, a7, d0, d1, d2, d3, d4, d5, d6, d7, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, \
        s13

typedef intptr_t wrapped(PARAMETERS);

/* Written before the wrapper's address is handed to the JVM, which publishes it. */
static struct slot {
    wrapped *original;
    uint32_t of;
    bool     taken;
} slots[WRAPPERS];
static struct wrappers_told told;
static _Atomic uint32_t     taken;

static inline __attribute__((always_inline)) intptr_t through(uint32_t number, PARAMETERS)
{
    const struct slot *s = &slots[number];
    intptr_t           first[6] = { a0, a1, a2, a3, a4, a5 };
    uint32_t           of = s->of;
    told.before(of, (JNIEnv *)a0, first);
    intptr_t answer = s->original(ARGUMENTS);
    told.after(of, (JNIEnv *)a0, first, answer);
    return answer;
}

#define WRAPPER(h, l)                                \
    static intptr_t wrapper_##h##l(PARAMETERS)       \
    {                                                \
        return through(0x##h##l##U, ARGUMENTS);      \
    }
#define ADDRESS(h, l) wrapper_##h##l,
#define ROW(X, h) \
    X(h, 0) X(h, 1) X(h, 2) X(h, 3) X(h, 4) X(h, 5) X(h, 6) X(h, 7) X(h, 8) X(h, 9) X(h, a) X(h, b) X(h, c) X(h, d) X(h, e) X(h, f)
#define ROWS(X)                                                                                                   \
    ROW(X, 0) ROW(X, 1) ROW(X, 2) ROW(X, 3) ROW(X, 4) ROW(X, 5) ROW(X, 6) ROW(X, 7) ROW(X, 8) ROW(X, 9) ROW(X, a)    \
    ROW(X, b) ROW(X, c) ROW(X, d) ROW(X, e) ROW(X, f)

ROWS(WRAPPER)

static wrapped *const all[] = { ROWS(ADDRESS) };
_Static_assert(sizeof all / sizeof all[0] == WRAPPERS, "one row of sixteen for each sixteen of WRAPPERS");

void wrappers_init(const struct wrappers_told *who)
{
    told = *who;
}

void *wrappers_take(void *original, uint32_t of, uint32_t reserve)
{
    if (WRAPPERS - atomic_load_explicit(&taken, memory_order_relaxed) <= reserve)
        return NULL;
    for (uint32_t i = 0; i < WRAPPERS; i++) {
        if (slots[i].taken)
            continue;
        slots[i] = (struct slot){ (wrapped *)original, of, true };
        atomic_fetch_add_explicit(&taken, 1, memory_order_relaxed);
        return (void *)all[i];
    }
    return NULL;
}

static uint32_t number_of(const void *function)
{
    uint32_t i = 0;
    while (i < WRAPPERS && (const void *)all[i] != function)
        i++;
    return i;
}

void wrappers_give(void *wrapper)
{
    uint32_t i = number_of(wrapper);
    if (i == WRAPPERS || !slots[i].taken)
        return;
    slots[i].taken = false;
    atomic_fetch_sub_explicit(&taken, 1, memory_order_relaxed);
}

bool wrappers_is(const void *function)
{
    return number_of(function) != WRAPPERS;
}

void wrappers_code(uintptr_t *from, uintptr_t *to)
{
    enum { LONGEST = 1024 };
    *from = UINTPTR_MAX;
    *to = 0;
    for (uint32_t i = 0; i < WRAPPERS; i++) {
        uintptr_t at = (uintptr_t)all[i];
        *from = at < *from ? at : *from;
        *to = at + LONGEST > *to ? at + LONGEST : *to;
    }
}

uint32_t wrappers_taken(void)
{
    return atomic_load_explicit(&taken, memory_order_relaxed);
}

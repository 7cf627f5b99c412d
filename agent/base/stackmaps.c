/* SPDX-License-Identifier: Apache-2.0 */
/* stackmaps.c: /proc/self/maps in one pass, beside the sorted addresses. A stack is the mapping its address lies in and the
 * inaccessible one right below it, its guard: HotSpot's zones for a Java thread, glibc's page for others.
 * What the kernel may have joined on (about one stack in a thousand): above, another mapping of the same rights (cut by `above`); below the guard, another
 * inaccessible one (a guard of more than GUARD_MAX is not believed). Two addresses in one mapping: the first has it. */
#include "base/stackmaps.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/filelines.h"
#include "base/resident.h"

enum { GUARD_MAX = 512 * 1024 };

struct mapping {
    uintptr_t from, to;
    bool      accessible;
};

static int by_address(const void *a, const void *b)
{
    const struct stackmaps_place *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

/* "7f12a000-7f12b000 rw-p 00000000 00:00 0 ..." */
static bool parse(const char *line, struct mapping *m)
{
    char *end;
    m->from = (uintptr_t)strtoull(line, &end, 16);
    if (*end != '-')
        return false;
    m->to = (uintptr_t)strtoull(end + 1, &end, 16);
    if (end[0] != ' ' || m->to <= m->from)
        return false;
    m->accessible = end[1] == 'r' || end[2] == 'w';
    return true;
}

static void place(struct stackmaps_place *p, const struct mapping *below, const struct mapping *m)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), top = m->to;
    if (p->at + p->above < top)
        top = (p->at + p->above + page - 1) & ~(page - 1);
    uint64_t guard = !below->accessible && below->to == m->from && below->to - below->from <= GUARD_MAX
                         ? below->to - below->from
                         : 0;
    p->found = true;
    p->reserved = top - m->from + guard;
    p->resident = 0; /* of a range that is not mapped any more */
    resident_bytes((void *)m->from, top - m->from, &p->resident); /* NOLINT(performance-no-int-to-ptr): read from /proc */
}

struct pass {
    struct stackmaps_place *places;
    size_t                  count, next;
    struct mapping          below;
    uint64_t                mappings;
};

static void take_line(void *pass, char *line)
{
    struct pass   *p = pass;
    struct mapping m;
    if (!parse(line, &m))
        return;
    p->mappings++;
    while (p->next < p->count && p->places[p->next].at < m.from)
        p->next++; /* its mapping is gone */
    bool first = true;
    for (; p->next < p->count && p->places[p->next].at < m.to; p->next++, first = false)
        if (first && m.accessible)
            place(&p->places[p->next], &p->below, &m);
    p->below = m;
}

enum weir_rc stackmaps_find(struct stackmaps_place *places, size_t count, uint64_t *mappings)
{
    struct pass pass = { .places = places, .count = count, .below = { .accessible = true } };
    qsort(places, count, sizeof *places, by_address);
    enum weir_rc rc = filelines_each("/proc/self/maps", take_line, &pass);
    *mappings = pass.mappings;
    return rc;
}

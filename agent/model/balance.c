/* SPDX-License-Identifier: Apache-2.0 */
/* balance.c: four areas are measured whole: Java heap, code, files, libraries. The fifth is the allocator's, which holds
 *     rows that are malloc'ed  +  what the VM and other libraries took  +  free memory it keeps
 * of which the first is booked, the sum of the first two is its own figure `live`, and the whole is resident as found. Booked
 * memory that was taken and not touched yet is live without being resident: it is taken off. Of what the VM took that is not
 * known, so that the free part is told too small rather than too large.
 * The rest is anonymous: metaspace, stacks, the agent, and mappings of the VM, above all the collector's tables. NMT says what of
 * them is committed, and without it their greatest size follows from the heap's: either bounds what of the rest is theirs. What
 * then is left is the residual. */
#include "model/balance.h"

#include <string.h>

#include "base/poison.h"

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void set(struct weir_balance *out, enum weir_part part, bool known, uint64_t bytes)
{
    out->part_known[part] = known;
    out->part[part] = known ? bytes : 0;
}

struct sums {
    uint64_t booked, resident, untouched; /* malloc'ed */
    uint64_t apart;                       /* of untouched: outside of what was found */
    uint64_t mapped;
};

static struct sums add_rows(const struct balance_input *in, struct weir_balance *out)
{
    struct sums s = { .booked = 0 };
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++) {
        uint64_t untouched = least(in->untouched[c], in->booked[c]);
        s.booked += in->booked[c];
        s.resident += in->booked[c] - untouched;
        s.mapped += in->mapped[c];
        out->rows[c] = in->booked[c] - untouched + in->mapped[c];
        s.untouched += untouched;
        s.apart += least(in->untouched_apart[c], untouched);
    }
    return s;
}

/* Committed by the VM: what is resident of it is not more than the mappings hold that it lies in. */
static uint64_t metaspace(const struct balance_input *in)
{
    return least(in->metaspace, less(in->map[BALANCE_MAP_OTHER], in->stacks + in->agent));
}

/* Resident bytes of everything the allocator holds. What tcmalloc and jemalloc call resident counts pages that nobody touched, as
 * do glibc's large blocks that were not found, or all it holds where nothing can be found: neither can be more than the mappings hold that it may lie in. */
static bool allocators(const struct balance_input *in, const struct sums *s, uint64_t *resident)
{
    const struct weir_allocator *a = &in->allocator;
    uint64_t                     found = in->map[BALANCE_MAP_MALLOC];
    uint64_t                     other = less(in->map[BALANCE_MAP_OTHER], metaspace(in) + in->stacks + in->agent + s->mapped);
    bool by_heads = a->kind == WEIR_ALLOCATOR_GLIBC && !a->resident_known;
    if (by_heads)
        *resident = found + least(less(in->apart, s->apart), other);
    else
        *resident = least(less(a->resident, s->untouched), found + other);
    return a->known && (by_heads || a->resident_known);
}

static void add_allocator(const struct balance_input *in, const struct sums *s, struct weir_balance *out)
{
    struct weir_allocator *a = &out->allocator;
    uint64_t               resident;
    *a = in->allocator;
    if (!allocators(in, s, &resident)) {
        set(out, WEIR_PART_MALLOC, false, 0);
        set(out, WEIR_PART_RETENTION, false, 0);
        return;
    }
    a->resident_known = true;
    a->resident = resident;
    uint64_t beside = less(resident, s->resident);
    uint64_t unused = in->allocator_old ? in->retention : less(resident, less(a->live, s->untouched));
    a->retention = least(unused, beside);
    set(out, WEIR_PART_RETENTION, true, a->retention);
    set(out, WEIR_PART_MALLOC, true, beside - a->retention);
}

static int64_t difference(uint64_t a, uint64_t b)
{
    return a > b ? (int64_t)(a - b) : -(int64_t)(b - a);
}

void balance_sum(const struct balance_input *in, struct weir_balance *out)
{
    uint64_t    named = 0;
    struct sums s = add_rows(in, out);
    out->rss = 0;
    for (int m = 0; m < BALANCE_MAP_COUNT; m++)
        out->rss += in->map[m];
    out->swapped = in->swapped;
    out->sampled = in->sampled;
    set(out, WEIR_PART_JAVA_HEAP, true, in->map[BALANCE_MAP_JAVA_HEAP]);
    set(out, WEIR_PART_CODE, true, in->map[BALANCE_MAP_CODE]);
    set(out, WEIR_PART_LIBRARIES, true, in->map[BALANCE_MAP_LIBRARIES]);
    set(out, WEIR_PART_FILES, true, in->map[BALANCE_MAP_FILES]);
    set(out, WEIR_PART_METASPACE, in->metaspace_known, metaspace(in));
    set(out, WEIR_PART_STACKS, in->stacks_known, in->stacks);
    set(out, WEIR_PART_AGENT, true, in->agent);
    set(out, WEIR_PART_VM_MAPS, false, 0); /* what is left, below */
    add_allocator(in, &s, out);
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        named += out->rows[c];
    for (int p = 0; p < WEIR_PART_COUNT; p++)
        named += out->part[p];
    set(out, WEIR_PART_VM_MAPS, in->vm_maps != 0, least(less(out->rss, named), in->vm_maps));
    named += out->part[WEIR_PART_VM_MAPS];
    out->residual = difference(out->rss, named);
}

/* In bytes of heap for one of the table. G1: two bitmaps (one from JDK 20 on), tables of cards, of offsets and of counts; Parallel:
 * two bitmaps, cards, and 32 bytes for each 512 words; Serial: cards and offsets; Shenandoah: one bitmap, cards in a
 * generational one. ZGC has no such tables. */
uint64_t balance_tables(const char *gc, uint64_t heap)
{
    enum { CARD = 512, MARKS = 64, REGION = 128, SMALL = 1 << 20 };
    uint64_t marks = heap / MARKS, cards = heap / CARD;
    if (strcmp(gc, "G1") == 0)
        return 2 * marks + 3 * cards + SMALL;
    if (strcmp(gc, "Parallel") == 0)
        return 2 * marks + cards + heap / REGION + SMALL;
    if (strcmp(gc, "Serial") == 0)
        return 2 * cards + SMALL;
    if (strcmp(gc, "Shenandoah") == 0)
        return marks + cards + SMALL;
    return 0;
}

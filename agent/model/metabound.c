/* SPDX-License-Identifier: Apache-2.0 */
/* metabound.c: the VM checks MaxMetaspaceSize against what is committed, and so does this.
 * Committed memory is not used memory: what unloaded classes leave behind is given back late (17 and newer) or never (11), yet
 * new classes fit into it. `proven` is what was in use at most: once that much fitted, and less is in use now, the
 * difference is room, whatever is committed. Fragmentation makes that a little generous; the VM then commits more, which the
 * next reading sees.
 * The VM's own error is fatal to a TaskManager, and it comes when the next chunk does not fit: denial begins a fiftieth of
 * its limit, at least 1 MiB, earlier. What runs without a new class (linking, profiles) commits a little too. */
#include "model/metabound.h"

#include "base/poison.h"

enum { MARGIN_PART = 50, MARGIN_MIN = 1 << 20, GUESS_BASE = 16 << 10, GUESS_FACTOR = 12, ROOM_MIN = 64 << 10 };

void metabound_read(struct metabound *m, uint64_t committed, uint64_t used)
{
    m->committed = committed;
    m->used = used;
    m->proven = used > m->proven ? used : m->proven;
}

uint64_t metabound_from(uint64_t limit, uint64_t vm_limit)
{
    uint64_t from = limit != 0 ? limit : UINT64_MAX;
    uint64_t margin = vm_limit / MARGIN_PART > MARGIN_MIN ? vm_limit / MARGIN_PART : MARGIN_MIN;
    if (vm_limit / 2 > margin && vm_limit - margin < from)
        from = vm_limit - margin;
    return from;
}

uint64_t metabound_guess(uint64_t file_bytes)
{
    return GUESS_BASE + GUESS_FACTOR * file_bytes;
}

bool metabound_due(const struct metabound *m, uint64_t guessed, uint64_t from)
{
    return m->committed >= from || guessed > from - m->committed;
}

bool metabound_fits(const struct metabound *m, uint64_t file_bytes, uint64_t from)
{
    if (m->committed < from)
        return true;
    uint64_t held = m->proven < m->committed ? m->proven : m->committed;
    return held > m->used && held - m->used >= ROOM_MIN + metabound_guess(file_bytes);
}

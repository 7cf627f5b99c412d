/* SPDX-License-Identifier: Apache-2.0 */
/* diagnose_native.c: who asked (the nearest Java frame that decided), through what (the innermost frame), how much of it is
 * live, how fast it grows. Owners hold what was walked: with stacks=auto that is a part of the row, which is exact. */
#include "model/diagnose_native.h"

#include <inttypes.h>
#include <string.h>

#include "model/diagnosis.h"
#include "model/mib.h"

#include "base/poison.h"

enum { HOUR_MS = 3600 * 1000, LEAST_SPAN_MS = 10 * 1000 };

static const struct weir_owner *biggest(const struct weir_breach *breach)
{
    for (size_t i = 0; i < breach->sheet.owner_count; i++) {
        const struct weir_owner *o = &breach->sheet.owners[i];
        if (o->component == breach->component && o->kind == WEIR_KIND_NATIVE && o->stack.count != 0)
            return o;
    }
    return NULL;
}

static void put_frame(struct buf *b, const struct weir_frame *f)
{
    buf_printf(b, "%.120s.%.80s", f->class_name, f->method);
    if (f->line > 0)
        buf_printf(b, ":%" PRId32, f->line);
}

static void put_growth(struct buf *b, const struct diagnose_growth *g)
{
    if (!g->known || g->bytes <= 0 || g->span_ms < LEAST_SPAN_MS)
        return;
    double hourly = (double)g->bytes * HOUR_MS / (double)g->span_ms;
    buf_puts(b, ", growing by ");
    mib_put(b, hourly < 1e18 ? (uint64_t)hourly : (uint64_t)g->bytes);
    buf_puts(b, " an hour");
}

static void put_caller(struct buf *b, const struct weir_stack *s)
{
    if (s->decider <= 0 || s->decider >= s->count)
        return;
    buf_puts(b, ", called by ");
    put_frame(b, &s->frames[s->decider]);
    if (s->source[0] != '\0')
        buf_printf(b, " [%.80s]", s->source);
}

void diagnose_native(struct weir_breach *breach, const struct diagnose_growth *growth)
{
    const struct weir_row   *row = &breach->sheet.rows[breach->component];
    const struct weir_owner *o = biggest(breach);
    uint64_t                 native = row->kind_bytes[WEIR_KIND_NATIVE];
    if (breach->component == WEIR_MANAGED || o == NULL || native < DIAGNOSIS_WORTH_SAYING || native < row->used / 2)
        return;
    bool                   ended = o->attempt.known && o->attempt.state == WEIR_ATTEMPT_ENDED;
    struct weir_diagnosis *d = &breach->diagnosis[0];
    struct buf             b;
    breach->diagnosis_count = 1;
    d->id = ended ? "native-leak" : "native-growth";
    d->advice_count = 0;
    buf_init(&b, d->text, sizeof d->text);
    buf_puts(&b, ended ? "LEAK of ended attempts in native memory; " : "native memory, outside the JVM's own limits; ");
    put_frame(&b, &o->stack.frames[0]);
    buf_puts(&b, " has ");
    mib_put(&b, o->bytes);
    buf_printf(&b, " in %" PRIu64 " live blocks, %" PRIu64 " %% of the row's ", o->count, (o->bytes < native ? o->bytes : native) * 100 / native);
    mib_put(&b, native);
    buf_puts(&b, " native");
    put_growth(&b, growth);
    put_caller(&b, &o->stack);
    buf_mark_cut(&b);
}

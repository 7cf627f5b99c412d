/* SPDX-License-Identifier: Apache-2.0 */
/* diagnose.c: which diagnoses an error or a breach gets. */
#include "model/diagnose.h"

#include <inttypes.h>

#include "model/diagnose_direct.h"
#include "model/diagnose_metaspace.h"
#include "model/diagnose_netty.h"
#include "model/diagnose_threads.h"
#include "model/diagnose_unused.h"
#include "model/mib.h"

#include "base/poison.h"

/* Beside an error the hint may help at once, so less time is asked for than in a sheet. */
enum { UNUSED_MS = 60000 };

static void say_unused(struct weir_oom *oom, const struct diagnose_flink *flink)
{
    if (oom->diagnosis_count < WEIR_MAX_DIAGNOSES &&
        diagnose_unused(&oom->diagnosis[oom->diagnosis_count], &oom->sheet, flink, UNUSED_MS))
        oom->diagnosis_count++;
}

void diagnose_oom(struct weir_oom *oom, const struct diagnose_flink *flink)
{
    oom->diagnosis_count = 0;
    if (oom->pool == WEIR_OOM_DIRECT)
        diagnose_direct(oom, flink);
    if (oom->pool == WEIR_OOM_NETTY)
        diagnose_netty(oom);
    if (oom->pool == WEIR_OOM_THREADS && oom->sheet.threads.known)
        diagnose_threads(&oom->diagnosis[oom->diagnosis_count++], &oom->sheet.threads, true);
    if (oom->pool == WEIR_OOM_METASPACE)
        diagnose_metaspace(oom, flink);
    if (oom->pool == WEIR_OOM_DIRECT || oom->pool == WEIR_OOM_NETTY)
        diagnose_uncounted(oom);
    if (oom->diagnosis_count < WEIR_MAX_DIAGNOSES && diagnose_netty_malloc(&oom->diagnosis[oom->diagnosis_count], &oom->sheet))
        oom->diagnosis_count++;
    if (oom->pool == WEIR_OOM_DIRECT || oom->pool == WEIR_OOM_HEAP || oom->pool == WEIR_OOM_METASPACE)
        say_unused(oom, flink);
}

void diagnose_off_heap(struct weir_breach *breach)
{
    bool off_heap = breach->component == WEIR_TASK_OFF_HEAP || breach->component == WEIR_FRAMEWORK_OFF_HEAP ||
                    breach->component == WEIR_OFF_HEAP;
    if (off_heap && diagnose_netty_malloc(&breach->diagnosis[0], &breach->sheet))
        breach->diagnosis_count = 1;
}

void diagnose_survived(struct weir_breach *breach)
{
    const struct weir_stack    *stack = &breach->stack;
    const struct weir_survived *survived = &breach->survived;
    struct weir_diagnosis      *d = &breach->diagnosis[0];
    struct buf                  text;
    breach->diagnosis_count = 1;
    d->id = breach->kind == WEIR_KIND_DIRECT ? "direct-leak" : "leak";
    d->advice_count = 0;
    buf_init(&text, d->text, sizeof d->text);
    buf_puts(&text, "LEAK of ended attempts, unless a cache that later attempts use again; ");
    mib_put(&text, survived->bytes);
    buf_printf(&text, " outlived their attempts and %" PRIu64 " full collections. ", survived->collections);
    if (stack->decider >= 0 && stack->decider < stack->count)
        buf_printf(&text, "What %.120s.%.60s took outlives the attempt: close or drop it when the task ends. ",
                   stack->frames[stack->decider].class_name, stack->frames[stack->decider].method);
    buf_puts(&text, "A restart of this TaskManager frees it");
    buf_mark_cut(&text);
}

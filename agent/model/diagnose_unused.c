/* SPDX-License-Identifier: Apache-2.0 */
/* diagnose_unused.c: diagnosis 14, and what setting it to 0 gives back. */
#include "model/diagnose_unused.h"

#include <inttypes.h>

#include "model/advice.h"
#include "model/mib.h"

#include "base/poison.h"

static void put_duration(struct buf *b, uint64_t ms)
{
    if (ms < 120000)
        buf_printf(b, "%" PRIu64 " s", ms / 1000);
    else
        buf_printf(b, "%" PRIu64 " min", ms / 60000);
}

bool diagnose_unused(struct weir_diagnosis *d, const struct weir_sheet *sheet, const struct diagnose_flink *flink,
                     uint64_t at_least_ms)
{
    const struct weir_row *row = &sheet->rows[WEIR_MANAGED];
    const char            *why;
    struct buf             text;
    if (flink->role != WEIR_ROLE_TASKMANAGER || sheet->unused_managed_ms == 0 ||
        sheet->unused_managed_ms < at_least_ms || !row->limit.set || row->limit.bytes < DIAGNOSIS_WORTH_SAYING)
        return false;
    d->id = "managed-unused";
    d->advice_count = advice_no_managed(flink->conf, flink->version, sheet, d->advice, &why);
    if (d->advice_count == 0)
        return false;
    buf_init(&text, d->text, sizeof d->text);
    buf_puts(&text, "managed memory is set aside and not used; nobody took any of the ");
    mib_put(&text, row->limit.bytes);
    buf_puts(&text, " since the start, while jobs ran for ");
    put_duration(&text, sheet->unused_managed_ms);
    buf_puts(&text, ", and no RocksDB, ForSt or Python is there. With a heap state backend, no batch operators and no Python "
                    "it can be 0");
    buf_mark_cut(&text);
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* oom_held.c: "12 threads pulsar-client-io-*, started by #1 #2 #3 of job orders (5f1c..9e2a), still alive". A thread keeps alive
 * what it refers to; that these hold the memory is likely, not said. */
#include "out/oom_held.h"

#include <inttypes.h>
#include <stddef.h>

#include "out/figure.h"
#include "out/lines.h"
#include "out/owner.h"
#include "out/utf8.h"

#include "base/poison.h"

enum { TEXT = 1024 };

static void put_starters(struct buf *b, const struct weir_held *f)
{
    if (f->job_count != 1) {
        buf_printf(b, " ended attempts of %s%zu jobs", f->more ? "more than " : "", f->job_count);
        return;
    }
    struct weir_attempt job = { .known = true, .job_id = { f->jobs[0][0], f->jobs[0][1] }, .job_name = f->job_name };
    for (size_t i = 0; i < f->number_count; i++)
        buf_printf(b, " #%" PRId32, f->numbers[i]);
    if (f->number_count == 0)
        buf_puts(b, " ended attempts");
    else if (f->more)
        buf_puts(b, " ...");
    owner_job(b, &job);
}

void oom_held_put(struct buf *b, const struct weir_oom *oom)
{
    char       data[TEXT];
    struct buf text;
    for (size_t i = 0; i < oom->held_count && i < WEIR_TOP_HELD; i++) {
        const struct weir_held *f = &oom->held[i];
        buf_init(&text, data, sizeof data);
        figure_count(&text, f->threads, "thread");
        buf_puts(&text, " ");
        utf8_text(&text, f->family, false);
        buf_puts(&text, ", started by");
        put_starters(&text, f);
        buf_puts(&text, ", still alive");
        lines_text(b, i == 0 ? "held" : "", data);
    }
    if (oom->held_others == 0)
        return;
    lines_begin(b, oom->held_count == 0 ? "held" : "");
    figure_count(b, oom->held_others, "more thread");
    buf_puts(b, " of other names");
}

/* SPDX-License-Identifier: Apache-2.0 */
/* out_flink19.c: the rows of before 1.10, in the shape of out_derive.c. */
#include "out/out_flink19.h"

#include <inttypes.h>

#include "out/figure.h"
#include "out/json.h"
#include "out/json_parts.h"
#include "out/out.h"

#include "base/poison.h"

static void put_row(struct buf *b, const char *name, uint64_t bytes, const char *what)
{
    char       text[32];
    struct buf size;
    buf_init(&size, text, sizeof text);
    figure_bytes(&size, bytes);
    buf_printf(b, "%-19s %20" PRIu64 " %20s   %s\n", name, bytes, size.data, what);
}

static bool in_container(const struct flink19 *m)
{
    return m->where != FLINKMODEL_STANDALONE;
}

void out_flink19_text(struct buf *b, const struct flink19 *m)
{
    buf_printf(b, "%-19s %20s %20s   %s\n", "row", "bytes", "size", "what it is");
    put_row(b, in_container(m) ? "container" : "configured heap", m->total, "");
    if (in_container(m))
        put_row(b, "cutoff", m->cutoff, "kept for everything that is not Java's");
    if (m->role == WEIR_ROLE_TASKMANAGER) {
        put_row(b, "network", m->network, "direct, taken off the heap");
        put_row(b, "managed", m->managed,
                m->managed_off_heap ? "direct, taken off the heap" : "part of the heap");
    }
    put_row(b, "heap", m->heap, "whole MiB");
    buf_puts(b, "\nJVM flags\n  ");
    flink19_put_flags(b, m);
    buf_puts(b, "\n");
}

void out_flink19_json(struct buf *b, const struct flink19 *m)
{
    struct json j = json_on(b);
    json_object(&j, NULL);
    json_derived(&j, m->role, m->version);
    json_string(&j, "deployment", flinkmodel_deployment_name(m->where));
    json_unsigned(&j, in_container(m) ? "container" : "configured", m->total);
    if (in_container(m))
        json_unsigned(&j, "cutoff", m->cutoff);
    json_object(&j, "components");
    json_unsigned(&j, "heap", m->heap);
    if (m->role == WEIR_ROLE_TASKMANAGER) {
        json_unsigned(&j, "managed", m->managed);
        json_unsigned(&j, "network", m->network);
    }
    json_object_end(&j);
    if (m->role == WEIR_ROLE_TASKMANAGER)
        json_bool(&j, "managed_off_heap", m->managed_off_heap);
    json_object(&j, "jvm");
    json_unsigned(&j, "Xmx", m->heap);
    if (m->direct != 0)
        json_unsigned(&j, "MaxDirectMemorySize", m->direct);
    json_object_end(&j);
    json_object_end(&j);
}

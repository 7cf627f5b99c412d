/* SPDX-License-Identifier: Apache-2.0 */
/* out_derive.c: the balance sheet of a derivation: what each component gets, and how the number was found. */
#include "out/out_derive.h"

#include <inttypes.h>

#include "model/component.h"
#include "out/figure.h"
#include "out/json.h"
#include "out/json_parts.h"
#include "out/out.h"

#include "base/poison.h"

static bool has_row(const struct flinkmodel *m, int component)
{
    return m->rows[component].how != FLINKMODEL_ABSENT;
}

/* Local execution sizes no process. */
static bool has_process(const struct flinkmodel *m)
{
    return m->process.how != FLINKMODEL_ABSENT;
}

static void put_row(struct buf *b, const char *name, const struct flinkmodel_row *row)
{
    char       text[32];
    struct buf size;
    buf_init(&size, text, sizeof text);
    figure_bytes(&size, row->bytes);
    buf_printf(b, "%-19s %20" PRIu64 " %20s   ", name, row->bytes, size.data);
    flinkmodel_put_how(b, row);
    buf_puts(b, "\n");
}

void out_derive_text(struct buf *b, const struct flinkmodel *m)
{
    buf_printf(b, "%-19s %20s %20s   %s\n", "component", "bytes", "size", "how found");
    for (int i = 0; i < WEIR_COMPONENT_COUNT; i++)
        if (has_row(m, i))
            put_row(b, component_id((enum weir_component)i), &m->rows[i]);
    if (!has_process(m)) {
        buf_puts(b,
                 "\nno process is sized: of these rows only network and managed bound anything\n");
        return;
    }
    put_row(b, "total flink", &m->flink);
    put_row(b, "total process", &m->process);
    buf_puts(b, "\nJVM flags\n  ");
    flinkmodel_put_flags(b, m);
    if (m->role == WEIR_ROLE_TASKMANAGER || flink_version_least(m->version, 1, 12))
        buf_puts(b, "\ndynamic properties\n  ");
    flinkmodel_put_dynamic(b, m);
    buf_puts(b, "\n");
}

struct json out_derive_json_begin(struct buf *b, const struct flinkmodel *m)
{
    struct json j = json_on(b);
    json_object(&j, NULL);
    json_derived(&j, m->role, m->version);
    json_object(&j, "components");
    for (int i = 0; i < WEIR_COMPONENT_COUNT; i++)
        if (has_row(m, i))
            json_unsigned(&j, component_id((enum weir_component)i), m->rows[i].bytes);
    json_object_end(&j);
    if (!has_process(m))
        return j;
    json_unsigned(&j, "total_flink", m->flink.bytes);
    json_unsigned(&j, "total_process", m->process.bytes);
    json_object(&j, "jvm");
    json_unsigned(&j, "Xmx", m->xmx);
    if (m->has_direct)
        json_unsigned(&j, "MaxDirectMemorySize", m->max_direct);
    json_unsigned(&j, "MaxMetaspaceSize", m->max_metaspace);
    json_object_end(&j);
    return j;
}

void out_derive_json_end(struct json *j)
{
    json_object_end(j);
}

void out_derive_json(struct buf *b, const struct flinkmodel *m)
{
    struct json j = out_derive_json_begin(b, m);
    out_derive_json_end(&j);
}

void out_derive_error_text(struct buf *b, const struct flinkmodel_error *e)
{
    buf_printf(b, "%s: %s\n", flinkmodel_code_name(e->code), e->message);
    if (e->key[0] != '\0')
        buf_printf(b, "  option  %s\n", e->key);
    if (e->hint[0] != '\0')
        buf_printf(b, "  hint    %s\n", e->hint);
}

void out_derive_error_json(struct buf *b, const struct flinkmodel_error *e)
{
    struct json j = json_on(b);
    json_object(&j, NULL);
    json_object(&j, "error");
    json_string(&j, "code", flinkmodel_code_name(e->code));
    json_string(&j, "key", e->key);
    json_string(&j, "message", e->message);
    json_object_end(&j);
    json_object_end(&j);
}

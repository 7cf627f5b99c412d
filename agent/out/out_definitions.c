/* SPDX-License-Identifier: Apache-2.0 */
/* out_definitions.c: see out_definitions.h. Bytes are those of class files; what they become in metaspace is the VM's. */
#include "out/out_definitions.h"

#include <inttypes.h>

#include "out/figure.h"
#include "out/utf8.h"

#include "base/poison.h"

enum { SHOWN = 3 };

void out_definitions_json(struct json *j, const struct weir_definitions *d)
{
    if (!d->measured)
        return;
    json_object(j, "definitions");
    json_unsigned(j, "classes", d->classes);
    json_unsigned(j, "file_bytes", d->bytes);
    if (d->loaded_known)
        json_unsigned(j, "vm_loaded", d->loaded);
    else
        json_null(j, "vm_loaded");
    json_unsigned(j, "denied", d->denied);
    json_unsigned(j, "unsorted", d->unsorted);
    json_array(j, "families");
    for (size_t i = 0; i < d->family_count && i < WEIR_TOP_CLASS_FAMILIES; i++) {
        const struct weir_class_family *f = &d->families[i];
        json_object(j, NULL);
        json_string(j, "name", f->name);
        json_string(j, "kind", f->kind);
        json_unsigned(j, "classes", f->classes);
        json_unsigned(j, "file_bytes", f->bytes);
        json_object_end(j);
    }
    json_array_end(j);
    json_object_end(j);
}

void out_definitions_text(struct buf *b, const struct weir_definitions *d)
{
    if (!d->measured)
        return;
    buf_printf(b, "\ndefined  %" PRIu64 " %s of ", d->classes, d->classes == 1 ? "class" : "classes");
    figure_bytes(b, d->bytes);
    buf_puts(b, " of class files since the agent came");
    if (d->denied != 0)
        buf_printf(b, ", %" PRIu64 " denied", d->denied);
    for (size_t i = 0; i < d->family_count && i < SHOWN; i++) {
        buf_puts(b, i == 0 ? "; most of them " : ", ");
        utf8_text(b, d->families[i].name, false);
        buf_printf(b, " (%" PRIu64 ")", d->families[i].classes);
    }
}

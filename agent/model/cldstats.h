/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_CLDSTATS_H
#define MODEL_CLDSTATS_H
/* The table that `VM.classloader_stats` prints (JDK 11 to 25), read. Pure. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir.h"

struct cldstats_row {
    uint64_t    cld;         /* address of the VM's ClassLoaderData: its identity while the loader lives */
    uint64_t    classes;     /* with hidden ones, as bytes */
    uint64_t    hidden;      /* of classes: hidden or anonymous */
    uint64_t    held, used;  /* bytes */
    const char *type;        /* class of the loader, in the text, not terminated; "<boot class loader>" */
    size_t      type_len;
};

struct cldstats {
    size_t   rows;     /* filled */
    size_t   left_out; /* rows that there was no room for */
    uint64_t bad;      /* lines that make no sense */
    bool     whole;    /* the rows add up to the table's own total */
    uint64_t classes, held, used; /* the table's total */
};

/* How many rows there can be at most. */
size_t cldstats_lines(const char *text, size_t len);
/* vm_used: of the whole metaspace by the VM's own count, in bytes, which the table's total is equal to but for what happened
 * meanwhile; 0 not known. JDK 16 to 20 print words where others print bytes. WEIR_EINVAL: no such table. */
enum weir_rc cldstats_read(const char *text, size_t len, uint64_t vm_used, struct cldstats_row *rows, size_t cap,
                           struct cldstats *out);
bool cldstats_is_type(const struct cldstats_row *row, const char *class_name);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_OUT_CLASSES_H
#define OUT_OUT_CLASSES_H
/* Metaspace by class loader and job, in every format. */
#include <stddef.h>

#include "base/buf.h"
#include "out/json.h"
#include "snapshot_loaders.h"

const char *out_loader_fate(enum weir_loader_fate fate);

/* "classes":{...},"loaders":[...], at most so many of these. Nothing about loaders when they were never read. */
void out_classes_json(struct json *j, const struct weir_sheet *sheet, size_t max_loaders);
/* Labelled lines (out/lines.h): the two pools, whose the loaders are, the largest ones, generated classes. Nothing that is not
 * known. */
void out_classes_lines(struct buf *b, const struct weir_sheet *sheet, size_t max_loaders);
/* Lines `pinned`: what keeps the leaked loaders, and what the search cost. Nothing when there was no search. */
void out_classes_pins(struct buf *b, const struct weir_classes *classes);
/* Of a breach of jvm-metaspace: all that stands below the first line. */
void out_classes_breach(struct buf *b, const struct weir_breach *breach);
/* The first line about leaked loaders: 38.2 MiB of 7 ended jobs' class loaders survived 2 full GCs; jvm-metaspace ... */
void out_classes_survived(struct buf *b, const struct weir_breach *breach);

#endif

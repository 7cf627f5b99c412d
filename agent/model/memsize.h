/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_MEMSIZE_H
#define MODEL_MEMSIZE_H
/* Flink's MemorySize: "1728m" to bytes and back. */
#include <stdint.h>

#include "base/buf.h"
#include "weir.h"

#define MEMSIZE_MAX ((uint64_t)INT64_MAX)

/* In the order in which Flink checks. */
enum memsize_error {
    MEMSIZE_FINE = 0,
    MEMSIZE_BLANK,     /* empty or white space */
    MEMSIZE_NO_DIGITS, /* does not start with a digit; Java's NumberFormatException */
    MEMSIZE_DIGITS,    /* the digits alone exceed 2^63-1 */
    MEMSIZE_UNIT,      /* unknown unit */
    MEMSIZE_BYTES      /* digits times unit exceed 2^63-1 */
};

/* WEIR_EINVAL: not a size, *why says which check failed (why may be NULL), *out untouched. */
enum weir_rc memsize_parse(const char *s, uint64_t *out, enum memsize_error *why);
/* One clause for a message, such as "has an unknown unit (known: b k m g t ...)". */
const char *memsize_why(enum memsize_error why);
/* Flink's toString: the largest unit that divides the value, "1728 mb"; 1 tb is printed in bytes, as Flink does. */
void memsize_put(struct buf *b, uint64_t bytes);
/* Flink's log and error texts: "1.688gb (1811939328 bytes)". */
void memsize_put_human(struct buf *b, uint64_t bytes);
/* As a configuration value, shortest exact form: "1728m", "1811939330b". memsize_parse reads it back. */
void memsize_put_option(struct buf *b, uint64_t bytes);

#endif

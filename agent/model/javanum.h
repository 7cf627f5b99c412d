/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_JAVANUM_H
#define MODEL_JAVANUM_H
/* Java's number texts and BigDecimal's product, independent of the process's locale. */
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "weir.h"

/* Float.parseFloat and Double.parseDouble: trims, decimal or hexadecimal, suffix f F d D, NaN, Infinity. */
enum weir_rc javanum_parse_float(const char *s, float *out);
enum weir_rc javanum_parse_double(const char *s, double *out);
/* Integer.parseInt: optional sign and ASCII digits, no blanks. */
enum weir_rc javanum_parse_int(const char *s, int32_t *out);

/* x = digits * 10^exponent with the fewest digits (at least two, less zeros) that read back as x; x finite and not negative, 0 is 0 * 10^0. */
struct javanum_decimal {
    uint64_t digits; /* below 10^17 */
    int      exponent;
};
struct javanum_decimal javanum_shortest(double x);
/* Double.toString: "0.10000000149011612", "1000.0", "1.0E10", "NaN". */
void javanum_put_double(struct buf *b, double x);
/* A fraction for people, in the few digits it was configured with: 0.10000000149011612 is "0.1". */
void javanum_put_fraction(struct buf *b, double fraction);

/* MemorySize.multiply: n times the decimal text of x, truncated. WEIR_EFULL: more than 2^63-1 before truncation.
 * x finite and not negative, n at most 2^63-1. */
enum weir_rc javanum_multiply(uint64_t n, double x, uint64_t *out);

#endif

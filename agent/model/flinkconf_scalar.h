/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_FLINKCONF_SCALAR_H
#define MODEL_FLINKCONF_SCALAR_H
/* The types of YAML's core schema, as SnakeYAML Engine (Flink's parser) resolves and converts them. */
#include "base/buf.h"
#include "weir.h"

enum flinkconf_scalar {
    FLINKCONF_SCALAR_STRING,
    FLINKCONF_SCALAR_INT,
    FLINKCONF_SCALAR_FLOAT,
    FLINKCONF_SCALAR_BOOL,
    FLINKCONF_SCALAR_NULL
};

/* The type of a plain (unquoted) scalar without a tag. */
enum flinkconf_scalar flinkconf_scalar_resolve(const char *s);
/* Appends Java's toString() of the converted value; a null appends nothing. WEIR_EINVAL: Flink's parser throws (as it
 * does for "+.inf", which the schema calls a float and its own constructor refuses). */
enum weir_rc flinkconf_scalar_convert(enum flinkconf_scalar type, const char *s, struct buf *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_OPTIONS_TABLE_H
#define MODEL_OPTIONS_TABLE_H
/* The rows behind options.c: one per option, with its setter and its texts. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/options.h"

enum option_problem {
    OPTION_FINE,
    OPTION_BAD_VALUE,
    OPTION_BAD_COMPONENT,
    OPTION_NOT_BUILT,
    OPTION_TOO_LONG,
    OPTION_CONTROL_CHARACTER,
    OPTION_TWICE
};

struct option {
    const char *key; /* "limit." stands for every key that begins so */
    /* rest: what follows the key of a family, else "". value: shorter than OPTIONS_PATH_MAX. */
    enum option_problem (*set)(struct options *options, const struct option *row, const char *rest, const char *value);
    size_t      field;    /* offset in struct options */
    const char *initial;  /* what an absent option means, as a value; NULL: found elsewhere or nothing */
    const char *absent;   /* the same in words, where there is no value */
    uint64_t    min, max; /* sizes in bytes, durations in milliseconds, counts */
    const char *takes;    /* "accepted is ..."; NULL: a flag, no value */
    const char *does;
};

/* NULL past the last row; at most 32 rows. */
const struct option *options_row(size_t i);
/* "limit." and its like. */
bool options_is_family(const struct option *row);

#endif

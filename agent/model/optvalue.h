/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_OPTVALUE_H
#define MODEL_OPTVALUE_H
/* One value of the option string into one field. Each parser knows its grammar and the type of its field, which it
 * changes only when it returns OPTVALUE_FINE; min and max are what the option's row says. */
#include <stdint.h>

#include "weir.h"

enum optvalue_problem {
    OPTVALUE_FINE,
    OPTVALUE_BAD,
    OPTVALUE_BAD_COMPONENT,
    OPTVALUE_TOO_LONG,
    OPTVALUE_CONTROL_CHARACTER,
    OPTVALUE_TWICE
};

/* What can be replaced in the JVM; each has a line in the start report. */
enum optvalue_hook {
    OPTVALUE_HOOK_UNSAFE = 1,
    OPTVALUE_HOOK_THREAD = 2,
    OPTVALUE_HOOK_THROW = 4,
    OPTVALUE_HOOK_MAPPED = 8,
    OPTVALUE_HOOK_EXIT = 16,
    OPTVALUE_HOOK_CLASS = 32,
    OPTVALUE_HOOK_HANDLES = 64,
    OPTVALUE_HOOK_ZLIB = 128,
    OPTVALUE_HOOK_FFM = 256,
    OPTVALUE_HOOK_NATIVE = 512,
    OPTVALUE_HOOK_ALL = 1023
};

/* What can be denied beside components. */
enum { OPTVALUE_DENY_THREADS = WEIR_COMPONENT_COUNT, OPTVALUE_DENY_NATIVE, OPTVALUE_DENY_COUNT };

typedef enum optvalue_problem optvalue_parse(void *field, const char *value, uint64_t min,
                                             uint64_t max);

optvalue_parse optvalue_mode;     /* enum weir_mode */
optvalue_parse optvalue_stacks;   /* bool: all of them */
optvalue_parse optvalue_flag;     /* bool: true or false */
optvalue_parse optvalue_yes_no;   /* bool */
optvalue_parse optvalue_hooks;    /* uint32_t: enum optvalue_hook, names joined by '+' */
optvalue_parse optvalue_size;     /* uint64_t, Flink's MemorySize */
optvalue_parse optvalue_duration; /* uint64_t milliseconds; 0 is always allowed */
optvalue_parse optvalue_count;    /* uint64_t */
optvalue_parse optvalue_count32;  /* uint32_t */
optvalue_parse optvalue_text;     /* char[max], not empty */
optvalue_parse optvalue_version;  /* char[max]: a Flink version whose model we know */
/* bool[WEIR_COMPONENT_COUNT], limitable ones joined by '+'; an error leaves those before it set. */
optvalue_parse optvalue_components;
optvalue_parse optvalue_deny;    /* bool[OPTVALUE_DENY_COUNT], deniable components, threads and native joined by '+', or none */
optvalue_parse optvalue_deny_as; /* bool: as the VM does */

#endif

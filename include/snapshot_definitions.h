/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WEIR_SNAPSHOT_DEFINITIONS_H
#define WEIR_SNAPSHOT_DEFINITIONS_H
/* Plain data: classes defined since the agent came, by the pattern of their names. Strings live as long as the process. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WEIR_TOP_CLASS_FAMILIES = 8 };

struct weir_class_family {
    const char *name, *kind; /* "jdk.proxy*.$Proxy*", "proxy" */
    uint64_t    classes;
    uint64_t    bytes; /* of their class files */
};

struct weir_definitions {
    bool                     measured;
    uint64_t                 classes, bytes; /* of all families */
    bool                     loaded_known;
    uint64_t                 loaded;         /* classes since the JVM's start, as the VM counts: also its own, from its archive */
    uint64_t                 unsorted;       /* classes of families that the table had no room for */
    uint64_t                 denied;         /* definitions refused by mode=enforce */
    size_t                   family_count;
    struct weir_class_family families[WEIR_TOP_CLASS_FAMILIES]; /* most classes first */
};

#endif

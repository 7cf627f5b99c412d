/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOUNDS_H
#define BOUNDS_H
/* Which component may hold how much, and who said so: DESIGN.md 3, first hit wins. Reads the configuration file; start-up only. */
#include "jvm/discover.h"
#include "model/flinkconf.h"
#include "model/options.h"
#include "snapshot.h"

enum { BOUNDS_WARNING_TEXT = 4096 };

struct bounds {
    struct weir_limit component[WEIR_COMPONENT_COUNT];
    struct weir_limit pool[WEIR_POOL_COUNT];
    char              flink[32];       /* version, "" unknown */
    char              resource_id[256]; /* taskmanager.resource-id, "" if not set */
    /* What a person configured (file, environment, own -D), for advice: NULL where no file could be read. */
    const struct flinkconf *conf;
    struct flink_version    version;
    size_t            warning_count;
    const char       *warnings[WEIR_MAX_WARNINGS]; /* point into text */
    char              text[BOUNDS_WARNING_TEXT];
    size_t            text_used;
};

/* Options, then program arguments, then the configuration file. Never fails: what cannot be known is a warning. */
void bounds_find(struct bounds *out, const struct options *options, const struct discover *jvm);
/* The pools' limits in force, and where they contradict the derivation. direct: what java.nio.Bits checks, if known. */
void bounds_compare(struct bounds *out, const struct discover *jvm, bool direct_known, uint64_t direct);

#endif

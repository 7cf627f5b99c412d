/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_OPTIONS_H
#define MODEL_OPTIONS_H
/* The agent's option string, `key=value,key=value` (DESIGN.md 6). One table gives parser, ranges, help and README. */
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/optvalue.h"
#include "weir.h"

enum { OPTIONS_PATH_MAX = 1024, OPTIONS_VERSION_MAX = 32, OPTIONS_NATIVE_MAX = 256 };

struct options {
    enum weir_mode mode;
    bool           limit_set[WEIR_COMPONENT_COUNT];
    uint64_t       limit[WEIR_COMPONENT_COUNT];    /* bytes */
    bool           declared[WEIR_COMPONENT_COUNT]; /* as if set by a person: declared=a+b */
    uint64_t       limit_threads;                  /* live Java threads; 0 none */
    bool           deny[OPTVALUE_DENY_COUNT];      /* what mode=enforce may deny */
    bool           deny_as_jvm;                    /* in the VM's own wording */
    char           conf[OPTIONS_PATH_MAX];         /* "" = found as DESIGN.md 3 says */
    char           flink[OPTIONS_VERSION_MAX];
    char           rules[OPTIONS_PATH_MAX];
    char           dir[OPTIONS_PATH_MAX]; /* "" = found as DESIGN.md 6 says */
    char     log[OPTIONS_PATH_MAX];  /* "stderr" or a file pattern; under dir unless absolute */
    char     json[OPTIONS_PATH_MAX]; /* "off" or a file pattern, as log */
    char     ledger[OPTIONS_PATH_MAX]; /* "off" or a file pattern, as log */
    char     last[OPTIONS_PATH_MAX];   /* "" = where kubelet looks; "off" or a file pattern, as log */
    uint64_t grace, json_max;        /* bytes */
    uint64_t interval_ms;            /* 0 = no periodic sheet */
    uint32_t depth;                  /* frames kept, 1..WEIR_MAX_DEPTH */
    uint64_t max_live;               /* records of the address table */
    bool     strict, help;
    uint32_t hooks;                  /* enum optvalue_hook, joined */
    bool     stacks_all;
    char     deny_native[OPTIONS_NATIVE_MAX]; /* parts of file names joined by + */
    char     native[OPTIONS_NATIVE_MAX]; /* "" the default libraries, "off", or parts of file names joined by + */
    bool     seed;                   /* find out what was there before */
};

void options_default(struct options *options);
/* text may be NULL or "". On WEIR_EINVAL err holds one line (no newline) naming the key, the value and what is accepted,
 * and *options holds the defaults plus `strict` if the string asked for it anywhere. Unknown keys and repeated keys are
 * refused. A value runs to the next comma and may hold any other character, '=' and blanks included, but control
 * characters. */
enum weir_rc options_parse(struct options *options, const char *text, struct buf *err);
/* The options of a running agent, from the command `set`: the same grammar, those keys only that can be changed. WEIR_EINVAL:
 * err as above, *options as it was. One thread. */
enum weir_rc options_change(struct options *options, const char *text, struct buf *err);
/* The same table as plain help and as README rows. */
void options_help(struct buf *out);
void options_markdown(struct buf *out);
/* Expands %h host, %p pid, %t start time (yyyymmdd-hhmmss), %% ; WEIR_EINVAL for another %x, WEIR_EFULL if it does not
 * fit. Of host only letters, digits, '.', '_' and '-' are taken, others become '_': it names a file. */
enum weir_rc options_expand(const char *pattern, const char *host, int64_t pid, const char *start,
                            struct buf *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOOKS_H
#define HOOKS_H
/* Which hooks go in, in which order, and what is said of each; and what was there before them. */
#include <jni.h>
#include <stdbool.h>
#include <stddef.h>

#include "jvm/discover.h"
#include "jvm/seed.h"
#include "model/flinkconf.h"
#include "model/options.h"
#include "model/rules.h"
#include "snapshot.h"
#include "weir.h"

struct hooks_setup { /* all of it outlives the process's hooks */
    const struct options  *options;
    const struct rules    *rules;
    const struct discover *jvm;
    bool                   attached; /* the program runs already: find out what it has */
    const struct flinkconf *conf;    /* NULL: not readable */
};

struct hooks {
    bool                   attached; /* came while the program ran */
    bool                   counting; /* false: no hook is in, its rows are not measured */
    bool                   mapped;   /* hooks book the row `mapped` */
    bool                   handles;  /* RocksDB's native objects are counted */
    bool                   threads;  /* Java threads are counted */
    bool                   seeded;   /* cleaners can be read */
    struct seed            seed;     /* what was there before */
    uint64_t               managed_blocks, managed_bytes, network_expected, network_seen;
    int64_t                walk_us; /* the JVM stood still, at most, for the walk over its heap; 0 none */
    uint32_t               tasks;   /* that ran already */
    bool                   freed_more; /* than could be followed meanwhile: managed may be too high */
    size_t                 count;
    struct weir_hook_state state[WEIR_MAX_HOOKS];
};

void         hooks_note(struct hooks *hooks, const char *name, const char *state);
/* Live phase, once, on a Java thread outside hooks. WEIR_ENOMEM, WEIR_EJVM: nothing went in. A hook that cannot be set costs
 * what it would have counted, and is noted. */
enum weir_rc hooks_install(JNIEnv *jni, const struct hooks_setup *setup, struct hooks *hooks);
/* After options.mode, deny, stacks have changed. False: nothing can be denied in this JVM. Reporter. */
bool         hooks_remode(JNIEnv *jni, const struct options *options);
/* Direct buffers and mapped files once more: those whose allocation was under way, or that came while the hooks were idle. */
void         hooks_reseed(JNIEnv *jni, const struct hooks *hooks, struct seed *found);

#endif

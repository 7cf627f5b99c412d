/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FAKE_CAPTURE_H
#define TESTS_FAKE_CAPTURE_H
/* Capture functions that say what the test told this thread; and limits set up by hand. */
#include <stdbool.h>
#include <stdint.h>

#include "core/capture.h"
#include "model/policy.h"

#define MIB (1024ULL * 1024)

/* What the next walks on this thread find. `decided` false: no walk possible. */
struct fake_site {
    bool             decided;
    struct owner_key key;
    bool             direct_known;
    uint64_t         direct;
    int              errno_after; /* each function leaves this in errno, as JNI calls may */
    void (*inside)(void);         /* run inside each function, if set */
    uint32_t whole;               /* the whole stack of that site; 0: the same */
    unsigned walks, wholes, names; /* calls so far */
};
extern _Thread_local struct fake_site fake;
/* The `thread` that acct is given is its name here. */
extern const struct capture_ops fake_ops;

/* Everything as new; walks find this component, kind and stack. */
void fake_reset(void);
void fake_finds(enum weir_component component, enum weir_kind kind, uint32_t stack);

/* A TaskManager in mode warn, grace 1 MiB, without a limit. */
struct policy_limits fake_limits(void);
void fake_limit(struct policy_limits *limits, enum weir_component component, uint64_t bytes,
                bool declared);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_CAPTURE_H
#define CORE_CAPTURE_H
/* How core asks who is calling, without knowing the JVM: filled by jvm/, or by a test. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/owners.h"

/* Each runs on the allocating thread, inside the hook; `thread` is what the hook handed to acct (the JNIEnv). */
struct capture_ops {
    /* Walks the stack as far as its deciding frame. False: no walk possible now; the bytes are undecided. */
    bool (*site)(void *thread, struct owner_key *out);
    /* Only when something will be said: the same stack again, with all the frames that are kept, into stack and decider. */
    void (*whole)(void *thread, struct owner_key *key);
    /* Only when something will be said: the thread's name, and the VM's own figure of java.nio.Bits. */
    void (*thread_name)(void *thread, char *name, size_t cap);
    bool (*direct_used)(void *thread, uint64_t *bytes);
};

#endif

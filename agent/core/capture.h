/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_CAPTURE_H
#define CORE_CAPTURE_H
/* How core asks who is calling, without knowing the JVM: filled by jvm/, or by a test. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/owners.h"

/* What a walk from a native library found, beside the owner. */
struct capture_native {
    uint32_t frames;    /* native ones that were stepped over: what such a walk costs */
    bool     java;      /* a Java frame called the library */
    bool     blind;     /* Java frames could not be looked for: that there are none says nothing */
    uint8_t  component; /* that a Java frame decided (enum weir_component); WEIR_COMPONENT_COUNT: none did */
};

/* Each runs on the allocating thread, inside the hook; `thread` is what the hook handed to acct (the JNIEnv). */
struct capture_ops {
    /* Walks the stack as far as its deciding frame. False: no walk possible now; the bytes are undecided. */
    bool (*site)(void *thread, struct owner_key *out);
    /* Only when something will be said: the same stack again, with all the frames that are kept, into stack and decider. */
    void (*whole)(void *thread, struct owner_key *key);
    /* Only when something will be said: the thread's name, and the VM's own figure of java.nio.Bits. */
    void (*thread_name)(void *thread, char *name, size_t cap);
    bool (*direct_used)(void *thread, uint64_t *bytes);
    /* A library's malloc or mmap, on any thread, Java's or not: its native frames as far as the JNI boundary, then the Java
     * frames above. `key` comes with component, kind, pile and source (the library's file), which stay; stack, decider, loader,
     * loader_tag, attempt and shared are filled in. False: nothing could be walked, both are as they came. NULL: no walks. */
    bool (*native)(struct owner_key *key, struct capture_native *found);
};

#endif

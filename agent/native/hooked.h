/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NATIVE_HOOKED_H
#define NATIVE_HOOKED_H
/* Which native libraries are hooked: found when they are loaded, given up when they are unloaded, looked at again whether their
 * slots still are ours. Not for hooks. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/libraries.h"
#include "native/libs.h"

/* Whose is this library? The component of what is known beforehand, and why; LIBRARY_OPEN and WEIR_UNDECIDED: walks decide.
 * cxx: libstdc++, where no other library stands behind what it takes. */
typedef enum library_by hooked_decide(const char *path, bool cxx, enum weir_component *component, const char **why);

struct hooked_state {
    unsigned libraries, slots; /* hooked now */
    unsigned left_out;         /* more libraries than sets */
    unsigned refused;          /* the kernel or their tables did not allow it: not hooked, counted once each */
    unsigned overwritten;      /* libraries with slots that somebody else has written since */
};

/* Once; acct_init() came before. The texts of `wanted` outlive the process's hooks. Hooks what is there. */
void hooked_install(const struct libs_wanted *wanted, hooked_decide *decide);
/* Libraries may have come or gone: cheap when none did. Any thread; one at a time looks, the others go on. */
void hooked_look(void);
/* Reporter, every few seconds: are the slots still ours? Forgets unloaded libraries that left nothing. */
void hooked_verify(void);
struct hooked_state hooked_state(void);
/* Tests: every library has its own functions again, and none is looked for. Nobody may be inside. */
void hooked_close(void);

#endif

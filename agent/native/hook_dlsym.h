/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NATIVE_HOOK_DLSYM_H
#define NATIVE_HOOK_DLSYM_H
/* malloc, calloc, realloc and free for Java code that looks them up by itself (foreign functions, JDK 22 and newer; Netty 4.2):
 * the JVM's own dlsym hands out ours, all or none of them. Kind native; the stack decides the component. */
#include "weir.h"

/* The calling thread, to be handed to the books; NULL where its stack cannot be walked. */
typedef void *hook_dlsym_thread(void);

/* `library` is the file's name of the one that looks functions up ("libjvm.so"). Once. Lookups made before are not seen. WEIR_ENOENT:
 * not loaded. On failure *why says what is missing. */
enum weir_rc hook_dlsym_install(const char *library, hook_dlsym_thread *thread, const char **why);

#endif

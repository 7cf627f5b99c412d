/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_HOOK_LOAD_H
#define JVM_HOOK_LOAD_H
/* System.load and System.loadLibrary: a native library has just been loaded, before its JNI_OnLoad. */
#include <stdbool.h>

#include "weir.h"

/* Once. `loaded` runs on the loading thread, outside the dynamic linker's lock. On failure *why says what is missing; libraries
 * are then found a second later. */
enum weir_rc hook_load_install(void (*loaded)(void), const char **why);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NATIVE_UNWIND_H
#define NATIVE_UNWIND_H
/* The calling thread's native frames: from the function that called into this library, outwards as far as code that lies in no
 * loaded library. In a JVM that is the JNI boundary: its stubs, its interpreter, compiled Java. */
#include <stddef.h>
#include <stdint.h>

#include "core/stacks.h"
#include "weir.h"

/* Once, outside hooks: opens libunwind, which reads files and allocates. Other than WEIR_OK: unwind_here() gives the calling
 * function only, or nothing, and *why says so. library: another file than UNWIND_LIBRARY, for tests; NULL: that. */
#define UNWIND_LIBRARY "libunwind-x86_64.so.8"
enum weir_rc unwind_init(struct stacks *stacks, const char *library, const char **why);
/* Code between a library and Java that is ours, whose frames say nothing. Before any hook is in. */
void         unwind_omit(uintptr_t from, uintptr_t to);
/* Tests: as before unwind_init(), but for libunwind, which stays. No thread may be inside. */
void         unwind_close(void);
/* Inside a hook, any thread: interned frames (core/stacks, line WEIR_LINE_NATIVE), innermost first, at most max. Those of this
 * library itself, on top, are left out, and those of the C library that begin a thread. No libc call but at first sight of an instruction, then sigprocmask and mmap by
 * libunwind. */
size_t       unwind_here(uint32_t *frames, size_t max);

#endif

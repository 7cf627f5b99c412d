/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_WRAPPERS_H
#define JVM_WRAPPERS_H
/* Functions that stand before a native of any signature: they pass its arguments on and tell somebody before and after. */
#include <jni.h>
#include <stdbool.h>
#include <stdint.h>

enum { WRAPPERS = 256 };

/* What a wrapper tells; `of` is what wrappers_take() was given. On the calling thread, in native state. */
struct wrappers_told {
    /* Before the native runs. first: its first six arguments that are no floating-point numbers, JNIEnv and class (or object) among them. */
    void (*before)(uint32_t of, JNIEnv *jni, const intptr_t first[6]);
    /* After it; answer: the register of a result, whatever it means for this native. */
    void (*after)(uint32_t of, JNIEnv *jni, const intptr_t first[6], intptr_t answer);
};

/* Once, before any is taken. */
void  wrappers_init(const struct wrappers_told *told);
/* A function to put in the place of `original`; NULL: all are taken. It may be called until the native's class is unloaded.
 * reserve: take none unless so many are left. Callers take turns. */
void *wrappers_take(void *original, uint32_t of, uint32_t reserve);
/* The wrapped class is gone: nobody calls it any more. */
void  wrappers_give(void *wrapper);
bool  wrappers_is(const void *function);
/* Where their code is. */
void  wrappers_code(uintptr_t *from, uintptr_t *to);
uint32_t wrappers_taken(void);

#endif

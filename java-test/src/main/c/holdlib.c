/* SPDX-License-Identifier: Apache-2.0 */
/* holdlib.c: native methods of test programs. Pins: a JNI global reference, as careless native code leaves it behind. Blocks: small
 * blocks of malloc from many threads, of which a few are kept, so that the allocator can give none of the pages back. */
#include <jni.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 64 };

static jobject held[ROOM];
static int     count;

JNIEXPORT void JNICALL Java_dev_weir_programs_Pins_hold(JNIEnv *jni, jclass unused, jobject object);
JNIEXPORT void JNICALL Java_dev_weir_programs_Pins_free(JNIEnv *jni, jclass unused);

JNIEXPORT void JNICALL Java_dev_weir_programs_Pins_hold(JNIEnv *jni, jclass unused, jobject object)
{
    (void)unused;
    if (count < ROOM)
        held[count++] = (*jni)->NewGlobalRef(jni, object);
}

JNIEXPORT void JNICALL Java_dev_weir_programs_Pins_free(JNIEnv *jni, jclass unused)
{
    (void)unused;
    while (count > 0)
        (*jni)->DeleteGlobalRef(jni, held[--count]);
}

JNIEXPORT jlong JNICALL Java_dev_weir_programs_Blocks_take(JNIEnv *jni, jclass unused, jint blocks, jint size);
JNIEXPORT void JNICALL Java_dev_weir_programs_Blocks_thin(JNIEnv *jni, jclass unused, jlong list, jint blocks, jint keep);

/* So many blocks, all written to: a list of them. */
JNIEXPORT jlong JNICALL Java_dev_weir_programs_Blocks_take(JNIEnv *jni, jclass unused, jint blocks, jint size)
{
    (void)jni;
    (void)unused;
    void **list = calloc((size_t)blocks, sizeof *list);
    for (jint i = 0; list != NULL && i < blocks; i++)
        if ((list[i] = malloc((size_t)size)) != NULL)
            memset(list[i], 1, (size_t)size);
    return (jlong)(intptr_t)list;
}

/* Frees all but each keep-th. */
JNIEXPORT void JNICALL Java_dev_weir_programs_Blocks_thin(JNIEnv *jni, jclass unused, jlong list, jint blocks, jint keep)
{
    (void)jni;
    (void)unused;
    void **kept = (void **)(intptr_t)list;
    for (jint i = 0; i < blocks; i++)
        if (i % keep != 0) {
            free(kept[i]);
            kept[i] = NULL;
        }
}

/* SPDX-License-Identifier: Apache-2.0 */
/* holdlib.c: native methods of the test program dev.weir.programs.Pins: a JNI global reference, as careless native code leaves
 * it behind. */
#include <jni.h>

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

/* SPDX-License-Identifier: Apache-2.0 */
/* nativestate.c: JavaThread._thread_state, of which libjvm exports the place in a JavaThread. Where that is we know from the
 * JNIEnv, which is a part of it: how far apart they are is learnt from one thread whose Java object tells its address. */
#include "jvm/nativestate.h"

#include <stdbool.h>
#include <stdint.h>

#include "jvm/env.h"
#include "jvm/nio.h"
#include "jvm/vmflags.h"
#include "base/poison.h"

enum { IN_NATIVE = 4 }; /* _thread_in_native of globalDefinitions.hpp, JDK 8 to 25 */

static uintptr_t state_from_env; /* _thread_state's address less the JNIEnv's; wraps around */

static int32_t state_of(const void *jni)
{
    return __atomic_load_n((const int32_t *)((uintptr_t)jni + state_from_env), __ATOMIC_RELAXED);
}

static jlong address_of_current(JNIEnv *jni)
{
    jthread  thread = NULL;
    jlong    at = 0;
    jfieldID field = env_field_of(jni, "java/lang/Thread", "eetop", "J");
    if (field == NULL || (*env_ti())->GetCurrentThread(env_ti(), &thread) != JVMTI_ERROR_NONE || thread == NULL)
        return 0;
    at = (*jni)->GetLongField(jni, thread, field);
    (*jni)->DeleteLocalRef(jni, thread);
    return at;
}

enum weir_rc nativestate_init(JNIEnv *jni, const char **why)
{
    enum { LARGEST = 1 << 16 };
    uint64_t  offset;
    uintptr_t at = (uintptr_t)address_of_current(jni), env = (uintptr_t)jni;
    *why = "this JVM does not tell what its threads do: what foreign functions take by malloc is not counted";
    if (at == 0 || env <= at || env - at > LARGEST || !vmflags_offset("JavaThread", "_thread_state", &offset) || offset > LARGEST)
        return WEIR_EJVM;
    state_from_env = at + (uintptr_t)offset - env;
    return state_of(jni) == IN_NATIVE ? WEIR_OK : WEIR_EJVM; /* as any thread that is in here */
}

void *nativestate_thread(void)
{
    void *jni = nio_thread();
    return jni != NULL && state_of(jni) == IN_NATIVE ? jni : NULL;
}

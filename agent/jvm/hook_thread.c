/* SPDX-License-Identifier: Apache-2.0 */
/* hook_thread.c: the replaced Thread.start0. It runs on the starting thread, once per platform thread; virtual threads do not
 * pass here. The thread's attempt is noted before the real start, because afterwards it may already allocate. */
#include "jvm/hook_thread.h"

#include "base/guard.h"
#include "core/acct.h"
#include "core/door.h"
#include "jvm/attempts.h"
#include "jvm/natives.h"
#include "base/poison.h"

static void(JNICALL *real_start)(JNIEnv *, jobject);
static hook_thread_event *on_event;

static void JNICALL hook_start(JNIEnv *jni, jobject thread)
{
    uint32_t begun = 0;
    bool seen = door_gives(); /* also while idle: who starts whom cannot be found out later */
    if (seen) {
        guard_enter();
        begun = attempts_on_start(jni, thread, acct_coarse_ms());
        guard_leave();
    }
    real_start(jni, thread);
    if (seen && (*jni)->ExceptionCheck(jni))
        attempts_start_failed(jni, thread, begun, acct_coarse_ms()); /* the exception stays pending: it is the caller's */
    else if (begun != 0)
        on_event(begun, false);
}

void hook_thread_ended(JNIEnv *jni)
{
    if (!door_gives())
        return;
    uint32_t ended = attempts_on_end(jni, acct_coarse_ms());
    if (ended != 0)
        on_event(ended, true);
}

enum weir_rc hook_thread_install(JNIEnv *jni, hook_thread_event *event, const char **why)
{
    static const struct native_method methods[] = {
        { "start0", "()V", (void *)hook_start, (void **)&real_start },
    };
    on_event = event;
    return natives_replace(jni, "java/lang/Thread", methods, 1, why);
}

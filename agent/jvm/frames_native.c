/* SPDX-License-Identifier: Apache-2.0 */
/* frames_native.c: a hook in a native library may run on any thread in any state, so first it is asked whether this thread is one
 * of Java's and whether it is in native code as the VM sees it. It is not in an FFM call that was linked as critical, in a JNI
 * function that calls back into a library, or in a signal handler above compiled Java: there a walk would be a transition from
 * the wrong state. The state is a word of the thread's own structure, at an offset that libjvm exports for debuggers.
 * A pending exception: JNI calls are not allowed, and clearing it would be seen; native frames only.
 *
 * Between GetPrimitiveArrayCritical and its end, where compression libraries allocate, a walk is safe on JDK 11 to 25: nothing
 * here allocates in the Java heap (names are copied to C memory, references are local handles), so this thread never asks for
 * a collection itself; and nothing waits for the end of a critical region while it holds what a walk needs. G1, Serial and
 * Parallel up to 21 (GCLocker) skip the collection inside a short safepoint and retry, Serial and Parallel of 25 spin outside
 * of one, with only Heap_lock held, ZGC waits on a lock of its own, G1 from 22 on and Shenandoah pin. -Xcheck:jni (up to 21)
 * prints a warning for each JNI call there, so with it Java frames are left out.
 *
 * Threads that Java did not start have a name instead, with digits folded: the family stands as the outermost frame. */
#include "jvm/frames_native.h"

#include <string.h>
#include <sys/prctl.h>

#include "jvm/env.h"
#include "jvm/frames.h"
#include "jvm/nio.h"
#include "jvm/vmflags.h"
#include "model/heldthreads.h"
#include "snapshot.h"
#include "base/poison.h"

enum { IN_NATIVE = 4 /* _thread_in_native, JDK 8 to 25 */, NATIVE_FRAMES = 32, NAME_CAP = 64 };

static struct {
    struct stacks      *stacks;
    frames_native_walk *walk;
    bool                java;  /* Java frames can be walked */
    intptr_t            state; /* from a JNIEnv to its thread's state */
} me;

/* The JNIEnv is part of the VM's thread, whose address stands in Thread.eetop. */
static bool find_state(JNIEnv *jni)
{
    uint64_t offset = 0;
    jthread  thread = NULL;
    jfieldID eetop = env_field_of(jni, "java/lang/Thread", "eetop", "J");
    if (eetop == NULL || !vmflags_offset("JavaThread", "_thread_state", &offset) ||
        (*env_ti())->GetCurrentThread(env_ti(), &thread) != JVMTI_ERROR_NONE || thread == NULL)
        return false;
    uintptr_t at = (uintptr_t)(*jni)->GetLongField(jni, thread, eetop);
    (*jni)->DeleteLocalRef(jni, thread);
    me.state = (intptr_t)(at + offset) - (intptr_t)jni;
    return at != 0 && *(const volatile int *)((const char *)jni + me.state) == IN_NATIVE;
}

enum weir_rc frames_native_init(JNIEnv *jni, struct stacks *stacks, frames_native_walk *walk, const char **why)
{
    me.stacks = stacks;
    me.walk = walk;
    bool checked = false;
    vmflags_bool("CheckJNICalls", &checked);
    me.java = !checked && find_state(jni);
    *why = checked ? "without Java frames: -Xcheck:jni would warn of our calls in critical regions"
                   : "without Java frames: this JVM does not tell the state of its threads";
    return me.java ? WEIR_OK : WEIR_EJVM;
}

/* The calling thread, where its Java frames can be walked; else NULL. */
static void *walkable(void)
{
    JNIEnv *jni = me.java ? nio_thread() : NULL;
    if (jni == NULL || *(const volatile int *)((const char *)jni + me.state) != IN_NATIVE || (*jni)->ExceptionCheck(jni))
        return NULL;
    return jni;
}

/* "rocksdb:low0" to "rocksdb:low*". The kernel keeps 15 characters. */
static uint32_t thread_frame(void)
{
    char name[17] = "", family[NAME_CAP];
    prctl(PR_GET_NAME, name);
    heldthreads_family(name, family, sizeof family);
    return stacks_frame(me.stacks, 0, stacks_name(me.stacks, family, strlen(family)), 0, WEIR_LINE_NATIVE);
}

bool frames_native(struct owner_key *key, struct capture_native *found)
{
    uint32_t            ids[WEIR_MAX_DEPTH];
    struct frames_above above;
    size_t              count = me.walk(ids, NATIVE_FRAMES);
    void               *jni = walkable();
    bool                java = jni != NULL && frames_above(jni, ids, count, &above);
    found->frames = (uint32_t)count;
    found->blind = !me.java;
    if (!java) {
        ids[count++] = thread_frame();
        key->stack = stacks_put(me.stacks, ids, count);
        key->decider = -1;
        return true;
    }
    key->stack = stacks_put(me.stacks, ids, count + above.count);
    key->decider = above.decider;
    key->loader = above.loader;
    key->loader_tag = above.loader_tag;
    key->attempt = above.attempt;
    key->shared = above.shared;
    found->java = true;
    found->component = above.component;
    return true;
}

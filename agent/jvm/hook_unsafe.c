/* SPDX-License-Identifier: Apache-2.0 */
/* hook_unsafe.c: the three replaced natives. Sizes are never 0 (jdk.internal.misc.Unsafe sees to that) and are rounded up to
 * 8 bytes before malloc, by Unsafe.java on JDK 17 and newer, by the native itself on 11; a failed call answers 0 and Java
 * throws.
 * Order: book after a successful allocate, take out before the real free, put back when a realloc failed. */
#include "jvm/hook_unsafe.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/acct.h"
#include "core/door.h"
#include "jvm/deny.h"
#include "jvm/env.h"
#include "jvm/natives.h"
#include "base/poison.h"

#define UNSAFE_CLASS "jdk/internal/misc/Unsafe"

static jlong(JNICALL *real_allocate)(JNIEnv *, jobject, jlong);
static jlong(JNICALL *real_reallocate)(JNIEnv *, jobject, jlong, jlong);
static void(JNICALL *real_release)(JNIEnv *, jobject, jlong);
static atomic_bool enforcing;

/* What malloc is asked for. */
static uint64_t rounded(jlong bytes)
{
    return ((uint64_t)bytes + 7) & ~(uint64_t)7;
}

/* mode=enforce: walked, judged and held within its limit before the real call. */
static jlong allocate_enforced(JNIEnv *jni, jobject unsafe, jlong bytes)
{
    struct acct_claim claim;
    if (!deny_or_claim(jni, rounded(bytes), &claim))
        return 0;
    jlong addr = real_allocate(jni, unsafe, bytes);
    if (addr != 0)
        acct_claimed(jni, (uintptr_t)addr, rounded(bytes), &claim);
    else
        acct_unclaimed(rounded(bytes), &claim);
    return addr;
}

static jlong JNICALL hook_allocate(JNIEnv *jni, jobject unsafe, jlong bytes)
{
    bool taking = door_takes();
    if (taking && atomic_load_explicit(&enforcing, memory_order_relaxed))
        return allocate_enforced(jni, unsafe, bytes);
    jlong addr = real_allocate(jni, unsafe, bytes);
    if (taking && addr != 0)
        acct_allocated(jni, (uintptr_t)addr, rounded(bytes));
    return addr;
}

/* Only what the block grows by is asked for: the old one stays valid when it is refused. */
static jlong reallocate_enforced(JNIEnv *jni, jobject unsafe, jlong old_addr, jlong bytes)
{
    struct acct_claim claim;
    struct live_rec old = { .bytes = 0 };
    bool known = old_addr != 0 && acct_suspend((uintptr_t)old_addr, &old);
    uint64_t growth = rounded(bytes) > old.bytes ? rounded(bytes) - old.bytes : 0;
    jlong addr = 0;
    if (deny_or_claim(jni, growth, &claim)) {
        addr = real_reallocate(jni, unsafe, old_addr, bytes);
        if (addr == 0)
            acct_unclaimed(growth, &claim);
    }
    if (addr == 0 && known)
        acct_restore((uintptr_t)old_addr, old);
    else if (addr != 0)
        acct_reclaimed(jni, (uintptr_t)addr, rounded(bytes), growth, known ? &old : NULL, &claim);
    return addr;
}

static jlong JNICALL hook_reallocate(JNIEnv *jni, jobject unsafe, jlong old_addr, jlong bytes)
{
    bool taking = door_takes();
    if (taking && atomic_load_explicit(&enforcing, memory_order_relaxed))
        return reallocate_enforced(jni, unsafe, old_addr, bytes);
    struct live_rec old;
    bool known = old_addr != 0 && door_gives() && acct_suspend((uintptr_t)old_addr, &old);
    jlong addr = real_reallocate(jni, unsafe, old_addr, bytes);
    if (known && addr == 0)
        acct_restore((uintptr_t)old_addr, old);
    else if (known)
        acct_replaced(old);
    if (taking && addr != 0)
        acct_allocated(jni, (uintptr_t)addr, rounded(bytes));
    return addr;
}

static void JNICALL hook_release(JNIEnv *jni, jobject unsafe, jlong addr)
{
    if (addr != 0 && door_gives())
        acct_freed((uintptr_t)addr); /* before the real one: after it, addr may be another thread's */
    real_release(jni, unsafe, addr);
}

void hook_unsafe_enforce(bool on)
{
    atomic_store_explicit(&enforcing, on, memory_order_relaxed);
}

enum weir_rc hook_unsafe_install(JNIEnv *jni, const char **why)
{
    static const struct native_method methods[] = {
        { "freeMemory0", "(J)V", (void *)hook_release, (void **)&real_release },
        { "reallocateMemory0", "(JJ)J", (void *)hook_reallocate, (void **)&real_reallocate },
        { "allocateMemory0", "(J)J", (void *)hook_allocate, (void **)&real_allocate },
    };
    return natives_replace(jni, UNSAFE_CLASS, methods, 3, why);
}

enum weir_rc hook_unsafe_check(JNIEnv *jni, const char **why)
{
    *why = "the JVM still calls its own allocateMemory0: nothing is counted";
    enum weir_rc rc = WEIR_EJVM;
    jclass c = env_class(jni, UNSAFE_CLASS);
    jmethodID get = c == NULL ? NULL : (*jni)->GetStaticMethodID(jni, c, "getUnsafe", "()L" UNSAFE_CLASS ";");
    if (env_threw(jni) || get == NULL)
        return rc;
    jobject unsafe = (*jni)->CallStaticObjectMethod(jni, c, get);
    jmethodID take = env_threw(jni) ? NULL : (*jni)->GetMethodID(jni, c, "allocateMemory", "(J)J");
    jmethodID give = env_threw(jni) ? NULL : (*jni)->GetMethodID(jni, c, "freeMemory", "(J)V");
    jlong addr = 0;
    if (!env_threw(jni) && take != NULL && give != NULL)
        addr = (*jni)->CallLongMethod(jni, unsafe, take, (jlong)8);
    if (!env_threw(jni) && addr != 0) {
        bool booked = acct_holds((uintptr_t)addr);
        (*jni)->CallVoidMethod(jni, unsafe, give, addr);
        env_threw(jni);
        if (booked)
            *why = "the JVM still calls its own freeMemory0: freed bytes stay counted";
        if (booked && !acct_holds((uintptr_t)addr))
            rc = WEIR_OK;
    }
    if (unsafe != NULL)
        (*jni)->DeleteLocalRef(jni, unsafe);
    (*jni)->DeleteGlobalRef(jni, c);
    return rc;
}

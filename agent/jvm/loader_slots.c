/* SPDX-License-Identifier: Apache-2.0 */
/* loader_slots.c: an array of weak references with a free list. A weak JNI reference is cleared when its object can be reached by
 * nobody, finalizers included, so a tag that names the slot is then gone with its object.
 * Invariant:  a slot is free, or drawn and not watched yet, or watched; only a watched one is reclaimed, by the reporter.
 * Bound:      LOADER_SLOTS slots of 16 bytes, touched as used; one weak reference for each.
 * Concurrent: the list under one leaf lock; a slot's reference is set by the hook that drew it and cleared by the reporter. */
#include "jvm/loader_slots.h"

#include <stdatomic.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/lock.h"
#include "jvm/env.h"
#include "base/poison.h"

struct slot {
    _Atomic(jweak) loader; /* NULL: free, or not watched yet */
    uint32_t       next;   /* of the free list, index + 1; protected by lock */
};

static struct {
    struct slot     *slot;
    struct lock      lock;
    uint32_t         vacant; /* index + 1 of the first reclaimed one; protected by lock, as fresh */
    uint32_t         fresh;
    _Atomic uint32_t taken;
    atomic_ullong    dropped;
} me;

enum weir_rc loader_slots_init(void)
{
    lock_init(&me.lock, LOCK_RANK_LOADERS);
    me.slot = arena_map(LOADER_SLOTS * sizeof *me.slot);
    return me.slot != NULL ? WEIR_OK : WEIR_ENOMEM;
}

bool loader_slots_draw(uint32_t *slot)
{
    lock_take(&me.lock);
    uint32_t at = me.vacant;
    if (at != 0)
        me.vacant = me.slot[at - 1].next;
    else if (me.fresh < LOADER_SLOTS)
        at = ++me.fresh;
    lock_drop(&me.lock);
    if (at == 0) {
        atomic_fetch_add_explicit(&me.dropped, 1, memory_order_relaxed);
        return false;
    }
    atomic_fetch_add_explicit(&me.taken, 1, memory_order_relaxed);
    *slot = at - 1;
    return true;
}

void loader_slots_watch(JNIEnv *jni, uint32_t slot, jobject loader)
{
    jweak weak = (*jni)->NewWeakGlobalRef(jni, loader);
    if (env_threw(jni))
        weak = NULL; /* kept for good */
    /* Release: what the slot's number stands for was written before. Pairs with the acquire in loader_slots_reclaim(). */
    atomic_store_explicit(&me.slot[slot].loader, weak, memory_order_release);
}

bool loader_slots_short(void)
{
    return atomic_load_explicit(&me.taken, memory_order_relaxed) >= LOADER_SLOTS / 4 * 3;
}

static void give_back(uint32_t slot)
{
    atomic_store_explicit(&me.slot[slot].loader, NULL, memory_order_relaxed);
    lock_take(&me.lock);
    me.slot[slot].next = me.vacant;
    me.vacant = slot + 1;
    lock_drop(&me.lock);
    atomic_fetch_sub_explicit(&me.taken, 1, memory_order_relaxed);
}

void loader_slots_reclaim(JNIEnv *jni, bool (*may_go)(uint32_t slot))
{
    for (uint32_t i = 0; i < LOADER_SLOTS; i++) {
        jweak weak = atomic_load_explicit(&me.slot[i].loader, memory_order_acquire);
        if (weak == NULL || !(*jni)->IsSameObject(jni, weak, NULL) || !may_go(i))
            continue;
        (*jni)->DeleteWeakGlobalRef(jni, weak);
        give_back(i);
    }
}

uint32_t loader_slots_high(void)
{
    lock_take(&me.lock);
    uint32_t high = me.fresh;
    lock_drop(&me.lock);
    return high;
}

bool loader_slots_watched(uint32_t slot)
{
    return slot < LOADER_SLOTS && atomic_load_explicit(&me.slot[slot].loader, memory_order_acquire) != NULL;
}

bool loader_slots_alive(JNIEnv *jni, uint32_t slot)
{
    jweak weak = slot < LOADER_SLOTS ? atomic_load_explicit(&me.slot[slot].loader, memory_order_acquire) : NULL;
    return weak != NULL && !(*jni)->IsSameObject(jni, weak, NULL);
}

jobject loader_slots_object(JNIEnv *jni, uint32_t slot)
{
    jweak weak = slot < LOADER_SLOTS ? atomic_load_explicit(&me.slot[slot].loader, memory_order_acquire) : NULL;
    return weak != NULL ? (*jni)->NewLocalRef(jni, weak) : NULL;
}

uint64_t loader_slots_dropped(void)
{
    return atomic_load_explicit(&me.dropped, memory_order_relaxed);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* hook_map.c: three functions in the slots of one library.
 * Bytes are the length handed to mmap: the buffer plus what lies between the page border and its position in the file, which is
 * also what BufferPoolMXBean "mapped" adds up. The kernel maps whole pages, up to a page less a byte more per mapping. The
 * library gives back whole mappings only, so an address is all that munmap needs.
 * Refusing: the library makes an OutOfMemoryError of ENOMEM; FileChannelImpl.map then collects garbage, waits for 100 ms and
 * tries once more, on every JDK from 11 to 25, before it throws IOException("Map failed") with the error as its cause. So a
 * refusal counts only as the second of a pair: the JDK's own collection is the chance that a denial owes.
 * Order: book after mmap succeeded; take out before the real munmap, since afterwards the address may be another thread's, and
 * put back if it failed. errno is the real function's. */
#include "native/hook_map.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/types.h>

#include "core/acct.h"
#include "core/door.h"
#include "native/elfgot.h"
#include "base/poison.h"

typedef void *map_function(void *, size_t, int, int, int, off_t);
typedef int   unmap_function(void *, size_t);

/* glibc's libnio calls mmap64, musl's mmap. Each has its own original: the one found in its slot. */
static map_function    *real_map64, *real_map;
static unmap_function  *real_unmap;
static hook_map_thread *calling_thread;
static hook_map_ask *_Atomic may_map; /* NULL: whatever they ask for */
static atomic_bool half_in;           /* not all slots could be replaced: the others only call through */
/* Bytes that this thread was refused last and has not asked for again; 0 none. */
static _Thread_local uint64_t refused __attribute__((tls_model("initial-exec")));

static struct {
    struct elfgot        lib; /* stays open: the slots are looked at again */
    struct elfgot_symbol map64, map, unmap;
} found;

static bool all_in(void)
{
    return !atomic_load_explicit(&half_in, memory_order_relaxed);
}

static void *booked(void *addr, size_t bytes)
{
    int e = errno;
    if (addr != MAP_FAILED && door_takes() && all_in())
        acct_allocated_as(calling_thread(), (uintptr_t)addr, bytes, WEIR_MAPPED, WEIR_KIND_MAPPED);
    errno = e;
    return addr;
}

static bool claimed(hook_map_ask *ask, void *thread, size_t bytes, struct acct_claim *claim)
{
    bool again = refused == bytes, go_on = ask(thread, bytes, again, claim);
    refused = go_on || again ? 0 : bytes;
    return go_on;
}

/* mode=enforce: held within the limit before the real call. */
static void *map_enforced(hook_map_ask *ask, map_function *real, void *hint, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    int e = errno;
    struct acct_claim claim;
    void *thread = calling_thread();
    bool go_on = claimed(ask, thread, bytes, &claim);
    errno = go_on ? e : ENOMEM;
    if (!go_on)
        return MAP_FAILED;
    void *addr = real(hint, bytes, protection, flags, fd, offset);
    e = errno;
    if (addr != MAP_FAILED)
        acct_claimed(thread, (uintptr_t)addr, bytes, &claim);
    else
        acct_unclaimed(bytes, &claim);
    errno = e;
    return addr;
}

static void *map_through(map_function *real, void *hint, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    hook_map_ask *ask = atomic_load_explicit(&may_map, memory_order_relaxed);
    if (ask != NULL && door_takes() && all_in())
        return map_enforced(ask, real, hint, bytes, protection, flags, fd, offset);
    return booked(real(hint, bytes, protection, flags, fd, offset), bytes);
}

static void *hook_map64(void *hint, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    return map_through(real_map64, hint, bytes, protection, flags, fd, offset);
}

static void *hook_map(void *hint, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    return map_through(real_map, hint, bytes, protection, flags, fd, offset);
}

static int hook_unmap(void *addr, size_t bytes)
{
    struct live_rec rec;
    int e = errno;
    bool known = door_gives() && all_in() && acct_suspend((uintptr_t)addr, &rec);
    errno = e;
    int rc = real_unmap(addr, bytes);
    e = errno;
    if (known && rc == 0)
        acct_replaced(rec);
    else if (known)
        acct_restore((uintptr_t)addr, rec);
    errno = e;
    return rc;
}

bool hook_map_intact(void)
{
    return elfgot_holds(&found.unmap, (void *)hook_unmap) && elfgot_holds(&found.map64, (void *)hook_map64) &&
           elfgot_holds(&found.map, (void *)hook_map);
}

/* munmap and at least one way to map; a symbol that is not used stays without slots. */
static enum weir_rc find(const char **why)
{
    enum weir_rc unmap = elfgot_find(&found.lib, "munmap", &found.unmap);
    enum weir_rc map64 = elfgot_find(&found.lib, "mmap64", &found.map64);
    enum weir_rc map = elfgot_find(&found.lib, "mmap", &found.map);
    bool usable = unmap == WEIR_OK && (map64 == WEIR_OK || map64 == WEIR_ENOENT) &&
                  (map == WEIR_OK || map == WEIR_ENOENT) && found.map64.count + found.map.count > 0;
    if (usable)
        return WEIR_OK;
    *why = "the JVM's NIO library calls mmap and munmap in no way we know: mapped files are not counted";
    return WEIR_EINVAL;
}

/* munmap first, so that no mapping is booked whose end goes unseen. */
static enum weir_rc replace(const char **why)
{
    real_unmap = (unmap_function *)found.unmap.original;
    real_map64 = (map_function *)found.map64.original;
    real_map = (map_function *)found.map.original;
    enum weir_rc rc = elfgot_put(&found.unmap, (void *)hook_unmap);
    if (rc == WEIR_OK)
        rc = elfgot_put(&found.map64, (void *)hook_map64);
    if (rc == WEIR_OK)
        rc = elfgot_put(&found.map, (void *)hook_map);
    if (rc == WEIR_OK)
        return WEIR_OK;
    atomic_store_explicit(&half_in, true, memory_order_relaxed);
    *why = "the kernel refuses to open the NIO library's import table: mapped files are not counted";
    return rc;
}

void hook_map_enforce(hook_map_ask *ask)
{
    atomic_store_explicit(&may_map, ask, memory_order_relaxed);
}

enum weir_rc hook_map_install(const char *library, hook_map_thread *thread, const char **why)
{
    enum weir_rc rc = elfgot_open(&found.lib, library);
    *why = rc == WEIR_ENOENT ? "the JVM's NIO library is not loaded: mapped files are not counted"
                             : "the JVM's NIO library is not what we know, or there are two: mapped files are not counted";
    if (rc != WEIR_OK)
        return rc;
    calling_thread = thread;
    rc = find(why);
    if (rc != WEIR_OK) {
        elfgot_close(&found.lib);
        return rc;
    }
    return replace(why);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* hook_load.c: libjava's slot of JVM_LoadLibrary, which has one argument up to JDK 18 and two from 19 on: both are handed on, in
 * registers, whether the callee reads the second or not. */
#include "jvm/hook_load.h"

#include <errno.h>
#include <jni.h>
#include <stddef.h>

#include "core/door.h"
#include "native/elfgot.h"
#include "base/poison.h"

typedef void *load_library(const char *name, jboolean may_throw);

static struct {
    struct elfgot        libjava; /* stays open, as the JVM does with it */
    struct elfgot_symbol symbol;
    void (*loaded)(void);
} me;

static load_library *real_load;

static void *hook_load(const char *name, jboolean may_throw)
{
    void *handle = real_load(name, may_throw);
    int   e = errno;
    if (handle != NULL && door_takes())
        me.loaded();
    errno = e;
    return handle;
}

enum weir_rc hook_load_install(void (*loaded)(void), const char **why)
{
    *why = "libjava loads libraries in no way we know: they are found a second later";
    enum weir_rc rc = elfgot_open(&me.libjava, "libjava.so");
    if (rc != WEIR_OK)
        return rc;
    rc = elfgot_find(&me.libjava, "JVM_LoadLibrary", &me.symbol);
    if (rc == WEIR_OK) {
        me.loaded = loaded;
        real_load = (load_library *)me.symbol.original;
        rc = elfgot_put(&me.symbol, (void *)hook_load);
    } else {
        elfgot_close(&me.libjava);
    }
    return rc;
}

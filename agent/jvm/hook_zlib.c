/* SPDX-License-Identifier: Apache-2.0 */
/* hook_zlib.c: init and end of both classes, which are static and the same from JDK 11 to 25. The block in the books is the
 * handle Java holds, the address of a z_stream; its bytes are an estimate, of all that zlib has behind it (zconf.h, and the
 * sizes of its state in zlib 1.2.13; malloc itself takes 0.1 % more for the one, 3 % for the other):
 *   Deflater  (1 << (windowBits + 2)) + (1 << (memLevel + 9)), of 15 and 8, at once
 *   Inflater  (1 << windowBits), at its first output that does not end it
 * Of an Inflater that reads an archive (java.util.zip.ZipFile keeps some per open file) the JVM is the owner: it lives as long as
 * the archive is open, whoever loaded the class that it was opened for. */
#define _GNU_SOURCE /* RTLD_NOLOAD */
#include "jvm/hook_zlib.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/acct.h"
#include "core/door.h"
#include "jvm/env.h"
#include "jvm/frames.h"
#include "jvm/natives.h"
#include "base/poison.h"

enum { WINDOW_BITS = 15, MEM_LEVEL = 8, Z_STREAM = 112, DEFLATE_STATE = 5952, INFLATE_STATE = 7160,
       DEFLATER = Z_STREAM + DEFLATE_STATE + (1 << (WINDOW_BITS + 2)) + (1 << (MEM_LEVEL + 9)),
       INFLATER = Z_STREAM + INFLATE_STATE + (1 << WINDOW_BITS) };

static jlong(JNICALL *real_deflater)(JNIEnv *, jclass, jint, jint, jboolean);
static jlong(JNICALL *real_inflater)(JNIEnv *, jclass, jboolean);
static void(JNICALL *real_deflater_end)(JNIEnv *, jclass, jlong);
static void(JNICALL *real_inflater_end)(JNIEnv *, jclass, jlong);
static jclass archive; /* the class of ZipFile that asks for inflaters; NULL: not known */

static jlong JNICALL hook_deflater(JNIEnv *jni, jclass c, jint level, jint strategy, jboolean nowrap)
{
    jlong addr = real_deflater(jni, c, level, strategy, nowrap);
    if (addr != 0 && door_takes())
        acct_allocated_kind(jni, (uintptr_t)addr, DEFLATER, WEIR_KIND_NATIVE);
    return addr;
}

static jlong JNICALL hook_inflater(JNIEnv *jni, jclass c, jboolean nowrap)
{
    jlong addr = real_inflater(jni, c, nowrap);
    if (addr == 0 || !door_takes())
        return addr;
    if (archive != NULL && frames_maker(jni, archive, NULL) == FRAMES_OF_CLASS)
        acct_allocated_as(NULL, (uintptr_t)addr, INFLATER, WEIR_JVM_OVERHEAD, WEIR_KIND_NATIVE);
    else
        acct_allocated_kind(jni, (uintptr_t)addr, INFLATER, WEIR_KIND_NATIVE);
    return addr;
}

/* Older ones than weir are no news. Before the real call: after it, the address may be another thread's. */
static void forget(jlong addr)
{
    if (addr != 0 && door_gives() && acct_holds((uintptr_t)addr))
        acct_freed((uintptr_t)addr);
}

static void JNICALL hook_deflater_end(JNIEnv *jni, jclass c, jlong addr)
{
    forget(addr);
    real_deflater_end(jni, c, addr);
}

static void JNICALL hook_inflater_end(JNIEnv *jni, jclass c, jlong addr)
{
    forget(addr);
    real_inflater_end(jni, c, addr);
}

static bool export_of(void *library, const char *name, void **function)
{
    *function = dlsym(library, name);
    return *function != NULL;
}

/* zlib's binding is loaded by the initialiser of either class. */
static bool find_originals(JNIEnv *jni)
{
    void  *libzip = NULL;
    jclass deflater = env_class(jni, "java/util/zip/Deflater");
    if (deflater != NULL)
        libzip = dlopen("libzip.so", RTLD_LAZY | RTLD_NOLOAD);
    (*jni)->DeleteGlobalRef(jni, deflater);
    return libzip != NULL && export_of(libzip, "Java_java_util_zip_Deflater_init", (void **)&real_deflater) &&
           export_of(libzip, "Java_java_util_zip_Deflater_end", (void **)&real_deflater_end) &&
           export_of(libzip, "Java_java_util_zip_Inflater_init", (void **)&real_inflater) &&
           export_of(libzip, "Java_java_util_zip_Inflater_end", (void **)&real_inflater_end);
}

enum weir_rc hook_zlib_install(JNIEnv *jni, const char **why)
{
    static const struct native_method deflater[] = { { "end", "(J)V", (void *)hook_deflater_end, NULL },
                                                     { "init", "(IIZ)J", (void *)hook_deflater, NULL } };
    static const struct native_method inflater[] = { { "end", "(J)V", (void *)hook_inflater_end, NULL },
                                                     { "init", "(Z)J", (void *)hook_inflater, NULL } };
    const char *unused;
    *why = "the JDK's zip library is not what we know: what Deflater and Inflater take is not counted";
    if (!find_originals(jni))
        return WEIR_EJVM;
    archive = env_class(jni, "java/util/zip/ZipFile$CleanableResource");
    *why = "RegisterNatives refused the replacements: what Deflater and Inflater take is not counted";
    if (natives_register(jni, "java/util/zip/Deflater", deflater, 2, &unused) != WEIR_OK ||
        natives_register(jni, "java/util/zip/Inflater", inflater, 2, &unused) != WEIR_OK)
        return WEIR_EJVM;
    *why = "ok";
    return WEIR_OK;
}

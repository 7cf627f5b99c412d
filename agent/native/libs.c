/* SPDX-License-Identifier: Apache-2.0 */
/* libs.c: the dynamic linker's list, copied under its lock without allocating (a heap profiler may be unwinding under the same
 * lock); judged afterwards.
 * Never touched, whatever is asked for: the JVM and all below its home, the C library and its parts, allocators (they call
 * themselves), unwinders, libz (zlib's memory is counted by the Deflater natives that ask for it), other agents and this one. */
#define _GNU_SOURCE /* dl_iterate_phdr */
#include "native/libs.h"

#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "native/elfmany.h"
#include "base/poison.h"

static int read_mark(struct dl_phdr_info *info, size_t size, void *data)
{
    struct libs_mark *mark = data;
    if (size >= offsetof(struct dl_phdr_info, dlpi_subs) + sizeof info->dlpi_subs)
        *mark = (struct libs_mark){ info->dlpi_adds, info->dlpi_subs };
    else
        mark->adds++; /* a C library that does not tell: look each time */
    return 1;
}

bool libs_changed(struct libs_mark *mark)
{
    struct libs_mark now = *mark;
    dl_iterate_phdr(read_mark, &now);
    bool changed = now.adds != mark->adds || now.subs != mark->subs;
    *mark = now;
    return changed;
}

static int copy(struct dl_phdr_info *info, size_t size, void *data)
{
    struct libs *l = data;
    (void)size;
    if (info->dlpi_name == NULL || info->dlpi_name[0] == '\0') /* the program itself */
        return 0;
    size_t len = strlen(info->dlpi_name) + 1;
    if (l->count == LIBS_MAX || len > LIBS_TEXT - l->len) {
        l->left_out++;
        return 0;
    }
    l->at[l->count].base = info->dlpi_addr;
    l->at[l->count++].path = (uint32_t)l->len;
    memcpy(l->text + l->len, info->dlpi_name, len);
    l->len += len;
    return 0;
}

void libs_read(struct libs *libs)
{
    libs->count = libs->left_out = libs->len = 0;
    dl_iterate_phdr(copy, libs);
}

const char *libs_path(const struct libs *libs, size_t i)
{
    return libs->text + libs->at[i].path;
}

const char *libs_file(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

struct home {
    char  *out;
    size_t cap;
};

/* HOME/lib/server/libjvm.so */
static int find_home(struct dl_phdr_info *info, size_t size, void *data)
{
    struct home *home = data;
    (void)size;
    if (info->dlpi_name == NULL || strcmp(libs_file(info->dlpi_name), "libjvm.so") != 0)
        return 0;
    const char *end = info->dlpi_name + strlen(info->dlpi_name);
    for (int parts = 0; parts < 3 && end > info->dlpi_name; parts++)
        do
            end--;
        while (end > info->dlpi_name && *end != '/');
    size_t len = (size_t)(end - info->dlpi_name);
    if (len >= home->cap)
        return 0;
    memcpy(home->out, info->dlpi_name, len);
    home->out[len] = '\0';
    return 1;
}

void libs_java_home(char *out, size_t cap)
{
    struct home home = { out, cap };
    out[0] = '\0';
    dl_iterate_phdr(find_home, &home);
}

static bool begins(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

/* "libc" is libc.so.6 and libc-2.31.so, and not libcurl.so. */
static bool is_library(const char *file, const char *stem)
{
    size_t len = strlen(stem);
    return strncmp(file, stem, len) == 0 && (file[len] == '.' || file[len] == '-' || file[len] == '_');
}

static bool is_forbidden(const char *file)
{
    static const char *const stems[] = { "libjvm", "libc", "libm", "libmvec", "libpthread", "libdl", "librt", "libgcc_s", "libresolv",
                                         "libutil", "libanl", "libnss", "libnsl", "libz", "libthread_db", "libunwind", "libweir", "libasan",
                                         "libtsan", "libubsan", "liblsan", "libhoard", "libsnmalloc", "librpmalloc", "libscudo" };
    static const char *const starts[] = { "ld-", "ld.", "linux-vdso", "linux-gate", "libjemalloc", "libtcmalloc", "libmimalloc", "libunwind-" };
    for (size_t i = 0; i < sizeof stems / sizeof stems[0]; i++)
        if (is_library(file, stems[i]))
            return true;
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        if (begins(file, starts[i]))
            return true;
    return false;
}

static bool is_below(const char *path, const char *folder)
{
    size_t len = strlen(folder);
    while (len > 0 && folder[len - 1] == '/')
        len--;
    return len > 0 && strncmp(path, folder, len) == 0 && path[len] == '/';
}

/* java.home may be a link, and the paths of the JDK's libraries those behind it, or the other way round. */
static bool is_jdk(const char *path, const char *home)
{
    char real_path[PATH_MAX], real_home[PATH_MAX];
    if (home[0] == '\0')
        return false;
    if (is_below(path, home))
        return true;
    if (realpath(home, real_home) == NULL)
        return false;
    return is_below(path, real_home) || (realpath(path, real_path) != NULL && is_below(real_path, real_home));
}

bool libs_is_cxx(const char *path)
{
    return is_library(libs_file(path), "libstdc++");
}

/* "lib" stands before most names, and RocksDB's file has a random number behind it. */
enum libs_family libs_family(const char *path)
{
    static const char *const rocksdb[] = { "librocksdb", "libforst" };
    static const char *const python[] = { "libpython", "pemja" };
    static const char *const codecs[] = { "snappy", "zstd", "lz4", "brotli" };
    const char *file = libs_file(path);
    for (size_t i = 0; i < sizeof rocksdb / sizeof rocksdb[0]; i++)
        if (begins(file, rocksdb[i]))
            return LIBS_ROCKSDB;
    for (size_t i = 0; i < sizeof python / sizeof python[0]; i++)
        if (strstr(file, python[i]) != NULL)
            return LIBS_PYTHON;
    for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++)
        if (strstr(file, codecs[i]) != NULL)
            return LIBS_CODEC;
    return LIBS_OTHER;
}

static bool is_listed(const char *file, const char *names)
{
    char part[NAME_MAX + 1];
    for (const char *at = names; *at != '\0';) {
        size_t len = strcspn(at, "+");
        if (len > 0 && len < sizeof part) {
            memcpy(part, at, len);
            part[len] = '\0';
            if (strstr(file, part) != NULL)
                return true;
        }
        at += len + (at[len] == '+');
    }
    return false;
}

bool libs_deniable(const char *path, const struct libs_wanted *wanted)
{
    return is_listed(libs_file(path), wanted->deny);
}

bool libs_may(const char *path, const struct libs_wanted *wanted)
{
    const char *file = libs_file(path);
    if (strcmp(wanted->names, "off") == 0 || is_forbidden(file))
        return false;
    if (libs_is_cxx(file))
        return true;
    if (wanted->names[0] != '\0' && !is_listed(file, wanted->names))
        return false;
    return !is_jdk(path, wanted->java_home);
}

static bool is_jni(const char *name)
{
    return begins(name, "Java_") || strcmp(name, "JNI_OnLoad") == 0;
}

static bool is_agent(const char *name)
{
    return begins(name, "Agent_On");
}

static bool is_allocator(const char *name)
{
    return strcmp(name, "malloc_usable_size") == 0 || strcmp(name, "mallctl") == 0 || strcmp(name, "mi_malloc") == 0;
}

enum libs_kind libs_judge(const char *path, const struct elfgot *lib, const struct libs_wanted *wanted)
{
    if (libs_is_cxx(path))
        return LIBS_CXX;
    if (elfmany_defines(lib, is_agent) || elfmany_defines(lib, is_allocator))
        return LIBS_NOT;
    if (wanted->names[0] != '\0' || libs_family(path) != LIBS_OTHER)
        return LIBS_OURS;
    return elfmany_defines(lib, is_jni) ? LIBS_OURS : LIBS_NOT;
}

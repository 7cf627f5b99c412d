/* SPDX-License-Identifier: Apache-2.0 */
/* gotlib.c: see gotlib.h. */
#include "gotlib.h"

#include <CUnit/CUnit.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crew.h"

void gotlib_path(const char *name, char *out, size_t cap)
{
    char    self[4096];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    self[len > 0 ? len : 0] = '\0';
    char *slash = crew_need(strrchr(self, '/'));
    *slash = '\0';
    CU_ASSERT_TRUE_FATAL((size_t)snprintf(out, cap, "%s/%s", self, name) < cap);
}

/* POSIX says that a function's address fits an object pointer; ISO C has no cast for it. */
static void find(void *handle, const char *name, void *function)
{
    void *found = crew_need(dlsym(handle, name));
    memcpy(function, (const void *)&found, sizeof found);
}

struct gotlib gotlib_load_path(const char *path)
{
    struct gotlib lib;
    memset(&lib, 0, sizeof lib);
    lib.handle = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    if (lib.handle == NULL)
        fprintf(stderr, "%s\n", dlerror());
    CU_ASSERT_PTR_NOT_NULL_FATAL(lib.handle);
    find(lib.handle, "gotlib_call", (void *)&lib.call);
    find(lib.handle, "gotlib_own", (void *)&lib.own);
    find(lib.handle, "gotlib_call_own", (void *)&lib.call_own);
    find(lib.handle, "gotlib_by_address", (void *)&lib.by_address);
    find(lib.handle, "gotlib_by_table", (void *)&lib.by_table);
    find(lib.handle, "gotlib_beside_table", (void *)&lib.beside_table);
    find(lib.handle, "gotlib_map", (void *)&lib.map);
    find(lib.handle, "gotlib_map_nothing", (void *)&lib.map_nothing);
    find(lib.handle, "gotlib_unmap", (void *)&lib.unmap);
    find(lib.handle, "gotlib_exit", (void *)&lib.leave);
    find(lib.handle, "gotlib_exit_now", (void *)&lib.leave_now);
    find(lib.handle, "gotlib_abort", (void *)&lib.crash);
    find(lib.handle, "gotlib_write", (void *)&lib.write);
    find(lib.handle, "gotlib_look_up", (void *)&lib.look_up);
    return lib;
}

struct gotlib gotlib_load(const char *name)
{
    char path[4096];
    gotlib_path(name, path, sizeof path);
    return gotlib_load_path(path);
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_GOTLIB_H
#define TESTS_GOTLIB_H
/* The libraries of fixture/gotlib.c, which lie beside the test program, and what to call in them. */
#include <stddef.h>

struct gotlib {
    void *handle;
    int (*call)(void), (*own)(void), (*call_own)(void), (*by_address)(void), (*by_table)(void), (*beside_table)(void);
    void *(*map)(size_t);
    void *(*map_nothing)(void);
    int (*unmap)(void *, size_t);
    void (*leave)(int), (*leave_now)(int), (*crash)(void);
    long (*write)(int, const void *, size_t);
    void *(*look_up)(void *, const char *);
};

/* DIR/name of the test program's directory. */
void gotlib_path(const char *name, char *out, size_t cap);
/* Loads DIR/name; ends the test when it cannot. dlclose(handle) unloads it. */
struct gotlib gotlib_load(const char *name);
struct gotlib gotlib_load_path(const char *path);

#endif

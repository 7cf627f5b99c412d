/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_HEAPLIB_H
#define TESTS_HEAPLIB_H
/* What heaplib.c and heaplib.cpp hand out. */
#include <stddef.h>

struct heaplib {
    void *(*take)(size_t);
    void *(*take_zeroed)(size_t, size_t);
    void *(*change)(void *, size_t);
    void *(*change_array)(void *, size_t, size_t);
    void *(*take_posix)(size_t align, size_t);
    void *(*take_aligned)(size_t align, size_t);
    void *(*take_memalign)(size_t align, size_t);
    void *(*take_pages)(size_t);
    void *(*take_whole_pages)(size_t);
    char *(*copy)(const char *);
    char *(*copy_part)(const char *, size_t);
    void (*give)(void *);
    void *(*map)(void *, size_t, int protection, int flags, int fd);
    int (*unmap)(void *, size_t);
    void *(*remap)(void *, size_t, size_t, int flags, void *to);
};

/* form: which of the eight operators new, or of the twelve operators delete. */
enum { HEAPLIB_NEW = 8, HEAPLIB_DELETE = 12 };
struct heaplibxx {
    void *(*make)(int form, size_t bytes);          /* NULL: std::bad_alloc came, or nothrow said so */
    void (*drop)(int form, void *p, size_t bytes);
    void *(*text)(size_t length);                   /* a std::string that grows character by character */
    void (*drop_text)(void *);
    int (*thrown)(void);                            /* bad_allocs caught so far */
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FILES_H
#define FILES_H
/* The files Weir writes: found or made safely, bounded, and never a reason for the JVM to stop. Start-up and reporter. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "weir.h"

/* First of the candidates (NULL and "" are skipped) that is a directory we may write to; false if none. */
bool files_directory(const char *const *candidates, size_t count, char *out, size_t cap);

/* Makes a new file, O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, mode 0640; when the name is taken tries "name-2" ... "name-9"
 * (before the suffix). The name used goes to `used`. -1 and errno on failure. */
int files_create(const char *path, char *used, size_t cap);

/* Removes the oldest `weir-HOST-PID-STAMP` files of this host with this suffix, so that `keep` remain; never one of a
 * process that is alive. Before the own one is made: of files of our pid it only knows that they are older. */
void files_prune(const char *dir, const char *host, const char *suffix, size_t keep);

/* A stream of lines in at most two files of max/2 bytes each: when the first is full it becomes NAME.1. */
struct files_stream {
    int      fd; /* -1: closed */
    uint64_t bytes, max;
    uint64_t lost; /* lines that could not be written */
    char     path[1024];
};
void files_open_stream(struct files_stream *stream, const char *path, uint64_t max);
void files_put_line(struct files_stream *stream, const struct buf *line);
void files_close_stream(struct files_stream *stream);

#endif

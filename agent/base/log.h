/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_LOG_H
#define BASE_LOG_H
/* Text lines in Flink's log4j shape, `2026-11-21 06:00:01,123 WARN  weir - ...`, each one write(2). Never to stdout, whose
 * content Flink's scripts parse. Not for hooks: they count, the reporter speaks; but for
 * log_safe(). */
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Where lines go from now on; stderr until told otherwise. The descriptor stays the caller's. */
void log_to(int fd);
/* text: the message, may hold continuation lines. */
void log_text(enum log_level level, int64_t wall_ms, const char *text);
/* One short line from a process that is about to end: any thread, also in a signal handler; no lock, no allocation. */
void log_safe(enum log_level level, int64_t wall_ms, const char *text);
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif

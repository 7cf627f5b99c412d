/* SPDX-License-Identifier: Apache-2.0 */
/* test_log.c: the shape of a line. The descriptor is one end of a socket that keeps the borders of writes: what one
 * recv() returns is what one write() wrote. */
#include "base/log.h"

#include <CUnit/CUnit.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "suite.h"
#include "zone.h"

enum {
    ROOM = 64 * 1024,
    LINE_BOUND = 16 * 1024,
    PREFIX = 37 /* 1970-01-01 00:00:00,000 INFO  weir - */
};

static int  ends[2];
static char got[ROOM];

static void open_ends(void)
{
    zone_set("UTC0");
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    log_to(ends[1]);
}

static void close_ends(void)
{
    log_to(STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    zone_restore();
}

/* The next write, NUL-terminated in `got`; its length, -1 if there is none. */
static ssize_t next_write(void)
{
    ssize_t n = recv(ends[0], got, sizeof got - 1, 0);
    got[n > 0 ? n : 0] = '\0';
    return n;
}

static void says(const char *line)
{
    CU_ASSERT_EQUAL(next_write(), (ssize_t)strlen(line));
    CU_ASSERT_STRING_EQUAL(got, line);
    CU_ASSERT_EQUAL(next_write(), -1);
}

static void log_safe_is_one_write_of_the_same_shape(void)
{
    char long_one[2000];
    clock_learn_zone(0);
    log_safe(LOG_ERROR, 1795240801123, "JVM ended by a test");
    says("2026-11-21 06:00:01,123 ERROR weir - JVM ended by a test\n");
    memset(long_one, 'x', sizeof long_one);
    long_one[sizeof long_one - 1] = '\0';
    log_safe(LOG_ERROR, 0, long_one);
    CU_ASSERT_EQUAL(next_write(), 1023);
    CU_ASSERT_STRING_EQUAL(got + 1019, "...\n");
}

static void log_text_is_one_write_in_log4j_shape(void)
{
    log_text(LOG_DEBUG, 1795240801123, "a");
    says("2026-11-21 06:00:01,123 DEBUG weir - a\n");
    log_text(LOG_INFO, 1795240801123, "a b");
    says("2026-11-21 06:00:01,123 INFO  weir - a b\n");
    log_text(LOG_WARN, 1795240801123, "100 % of it");
    says("2026-11-21 06:00:01,123 WARN  weir - 100 % of it\n");
    log_text(LOG_ERROR, 1795240801123, "");
    says("2026-11-21 06:00:01,123 ERROR weir - \n");
}

static void log_text_keeps_continuation_lines_in_the_same_write(void)
{
    log_text(LOG_WARN, 0, "over\n  direct pool\n    at a.B.c(B.java:1)\n");
    says("1970-01-01 00:00:00,000 WARN  weir - over\n  direct pool\n    at a.B.c(B.java:1)\n");
}

static void log_functions_name_their_level_and_the_present(void)
{
    char       before[64];
    struct buf b;
    buf_init(&b, before, sizeof before);
    clock_log4j(&b, clock_wall_ms());
    log_info("one %d", 1);
    log_warn("two %s", "2");
    log_error("three %%");
    const char *ends_with[] = { " INFO  weir - one 1\n", " WARN  weir - two 2\n",
                                " ERROR weir - three %\n" };
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(next_write(), 23 + (ssize_t)strlen(ends_with[i]));
        CU_ASSERT_STRING_EQUAL(got + 23, ends_with[i]);
        CU_ASSERT_TRUE(strncmp(got, before, 23) >= 0); /* digits of one zone sort like time */
    }
}

/* A text of n letters through `say`; what came out must be that, or a prefix of it ending in dots. */
static void goes_whole_or_cut(size_t n, bool whole)
{
    static char text[LINE_BOUND + 100];
    memset(text, 'x', n);
    text[n] = '\0';
    log_text(LOG_INFO, 0, text);
    ssize_t len = next_write();
    CU_ASSERT_TRUE_FATAL(len > PREFIX && len < LINE_BOUND);
    const char *body = got + PREFIX;
    size_t      body_len = (size_t)(got + len - body) - 1;
    CU_ASSERT_EQUAL(got[len - 1], '\n');
    if (whole) {
        CU_ASSERT_EQUAL(body_len, n);
        CU_ASSERT_EQUAL(strspn(body, "x"), n);
    } else {
        CU_ASSERT_TRUE(body_len < n);
        CU_ASSERT_EQUAL(strspn(body, "x"), body_len - 3);
        CU_ASSERT_EQUAL(strncmp(body + body_len - 3, "...\n", 4), 0);
    }
}

static void log_text_cuts_what_is_too_long_and_says_so(void)
{
    size_t fits = 0, n = LINE_BOUND - 100;
    for (; n < LINE_BOUND + 50; n++) { /* each length across the bound */
        static char text[LINE_BOUND + 100];
        memset(text, 'x', n);
        text[n] = '\0';
        log_text(LOG_INFO, 0, text);
        next_write();
        if (strstr(got, "x...\n") == NULL)
            fits = n;
        goes_whole_or_cut(n, fits == n);
    }
    CU_ASSERT_TRUE(fits > LINE_BOUND - 64 && fits < LINE_BOUND);
}

static void log_functions_mark_what_they_cut(void)
{
    char text[3000];
    memset(text, 'y', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    log_warn("%s", text);
    ssize_t len = next_write();
    CU_ASSERT_TRUE(len > 500 && len < (ssize_t)sizeof text);
    CU_ASSERT_STRING_EQUAL(got + len - 5, "y...\n");
}

static void log_loses_a_line_that_cannot_be_written(void)
{
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    while (send(ends[1], "full", 4, 0) == 4) {
    }
    CU_ASSERT_EQUAL(errno, EAGAIN);
    int64_t begin = clock_mono_ms();
    log_text(LOG_INFO, 0, "lost");
    log_to(-1);
    log_text(LOG_INFO, 0, "into nowhere");
    CU_ASSERT_TRUE(clock_mono_ms() - begin < 5000); /* whatever patience there is, it is short */
    log_to(ends[1]);
    while (next_write() > 0)
        CU_ASSERT_STRING_EQUAL(got, "full");
    log_text(LOG_INFO, 0, "back");
    says("1970-01-01 00:00:00,000 INFO  weir - back\n");
}

SUITE(log, open_ends, close_ends, CASE(log_text_is_one_write_in_log4j_shape), CASE(log_safe_is_one_write_of_the_same_shape),
      CASE(log_text_keeps_continuation_lines_in_the_same_write),
      CASE(log_functions_name_their_level_and_the_present),
      CASE(log_text_cuts_what_is_too_long_and_says_so), CASE(log_functions_mark_what_they_cut),
      CASE(log_loses_a_line_that_cannot_be_written));

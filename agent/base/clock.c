/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c: milliseconds and their three spellings. */
#include "base/clock.h"

#include <stdatomic.h>
#include <time.h>

static atomic_long zone_s; /* local time less UTC */

static int64_t read_ms(clockid_t id)
{
    struct timespec t;
    if (clock_gettime(id, &t) != 0)
        return 0;
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_wall_ms(void)
{
    return read_ms(CLOCK_REALTIME);
}

int64_t clock_mono_ms(void)
{
    return read_ms(CLOCK_BOOTTIME);
}

int64_t clock_mono_us(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_BOOTTIME, &t) != 0)
        return 0;
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_own_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void clock_iso(struct buf *b, int64_t wall_ms)
{
    time_t sec = (time_t)(wall_ms / 1000);
    struct tm tm;
    gmtime_r(&sec, &tm);
    buf_printf(b, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
               tm.tm_min, tm.tm_sec, (int)(wall_ms % 1000));
}

void clock_log4j(struct buf *b, int64_t wall_ms)
{
    time_t sec = (time_t)(wall_ms / 1000);
    struct tm tm;
    localtime_r(&sec, &tm);
    buf_printf(b, "%04d-%02d-%02d %02d:%02d:%02d,%03d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
               tm.tm_min, tm.tm_sec, (int)(wall_ms % 1000));
}

void clock_learn_zone(int64_t wall_ms)
{
    time_t sec = (time_t)(wall_ms / 1000);
    struct tm tm;
    if (localtime_r(&sec, &tm) != NULL)
        atomic_store_explicit(&zone_s, tm.tm_gmtoff, memory_order_relaxed);
}

/* `width` digits of n and what follows them. */
static void put_digits(struct buf *b, int64_t n, int width, const char *after)
{
    char text[8];
    for (int i = width; i-- > 0; n /= 10)
        text[i] = (char)('0' + n % 10);
    buf_put(b, text, (size_t)width);
    buf_puts(b, after);
}

/* The Gregorian calendar counted from 1 March of year 0, where the day of leap years is the last of its year: 146,097 days
 * in 400 years, months of March to January in a rhythm of 153 days in five. */
static void put_date(struct buf *b, int64_t days_since_1970)
{
    int64_t days = days_since_1970 + 719468, era = days / 146097, of_era = days % 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;
    put_digits(b, era * 400 + year + (month >= 10), 4, "-");
    put_digits(b, month < 10 ? month + 3 : month - 9, 2, "-");
    put_digits(b, of_year - (153 * month + 2) / 5 + 1, 2, " ");
}

void clock_log4j_safe(struct buf *b, int64_t wall_ms)
{
    int64_t local = wall_ms / 1000 + atomic_load_explicit(&zone_s, memory_order_relaxed), of_day = local % 86400;
    put_date(b, local / 86400);
    put_digits(b, of_day / 3600, 2, ":");
    put_digits(b, of_day / 60 % 60, 2, ":");
    put_digits(b, of_day % 60, 2, ",");
    put_digits(b, wall_ms % 1000, 3, "");
}

void clock_stamp(struct buf *b, int64_t wall_ms)
{
    time_t sec = (time_t)(wall_ms / 1000);
    struct tm tm;
    localtime_r(&sec, &tm);
    buf_printf(b, "%04d%02d%02d-%02d%02d%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
               tm.tm_sec);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_clock.c: milliseconds and their three spellings, at known instants in known time zones. */
#include "base/clock.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <time.h>

#include "suite.h"
#include "zone.h"

static char       text[64];
static struct buf b;

static void fresh(void)
{
    buf_init(&b, text, sizeof text);
}

static const char *spelt(void (*spell)(struct buf *b, int64_t wall_ms), int64_t wall_ms)
{
    buf_reset(&b);
    spell(&b, wall_ms);
    return text;
}

#define BERLIN   "CET-1CEST,M3.5.0,M10.5.0/3"
#define NEW_YORK "EST5EDT,M3.2.0,M11.1.0"

static void clock_iso_is_utc_in_any_zone(void)
{
    const char *zones[] = { "UTC0", BERLIN, NEW_YORK };
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        zone_set(zones[i]);
        CU_ASSERT_STRING_EQUAL(spelt(clock_iso, 0), "1970-01-01T00:00:00.000Z");
        CU_ASSERT_STRING_EQUAL(spelt(clock_iso, 951868799999), "2000-02-29T23:59:59.999Z");
        CU_ASSERT_STRING_EQUAL(spelt(clock_iso, 1795240801123), "2026-11-21T06:00:01.123Z");
        CU_ASSERT_STRING_EQUAL(spelt(clock_iso, 1795240801007), "2026-11-21T06:00:01.007Z");
    }
}

static void clock_log4j_is_local_time(void)
{
    zone_set("UTC0");
    CU_ASSERT_STRING_EQUAL(spelt(clock_log4j, 1795240801123), "2026-11-21 06:00:01,123");
    zone_set(BERLIN);
    CU_ASSERT_STRING_EQUAL(spelt(clock_log4j, 1795240801123), "2026-11-21 07:00:01,123");
    CU_ASSERT_STRING_EQUAL(spelt(clock_log4j, 1782907200045), "2026-07-01 14:00:00,045");
    zone_set(NEW_YORK);
    CU_ASSERT_STRING_EQUAL(spelt(clock_log4j, 946684799000), "1999-12-31 18:59:59,000");
}

/* Against the C library, over 400 years, that is every length of a year. */
static void clock_log4j_safe_says_the_same_without_the_c_library(void)
{
    const char *zones[] = { "UTC0", BERLIN, NEW_YORK };
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        zone_set(zones[i]);
        for (int64_t ms = 86400000; ms < 12622780800000; ms += 86400000LL * 17 + 3723004) {
            char expected[64];
            snprintf(expected, sizeof expected, "%s", spelt(clock_log4j, ms));
            clock_learn_zone(ms);
            CU_ASSERT_STRING_EQUAL(spelt(clock_log4j_safe, ms), expected);
        }
    }
    CU_ASSERT_STRING_EQUAL(spelt(clock_log4j_safe, 951868799999), "2000-02-29 18:59:59,999");
}

static void clock_stamp_is_local_time_fit_for_a_file_name(void)
{
    zone_set("UTC0");
    CU_ASSERT_STRING_EQUAL(spelt(clock_stamp, 1795240801123), "20261121-060001");
    zone_set(BERLIN);
    CU_ASSERT_STRING_EQUAL(spelt(clock_stamp, 1768516200000), "20260115-233000");
    CU_ASSERT_STRING_EQUAL(spelt(clock_stamp, 1782943200000),
                           "20260702-000000"); /* the next day there */
}

static void clock_appends_and_cuts_like_any_text(void)
{
    char small[12];
    buf_init(&b, small, sizeof small);
    buf_puts(&b, "at ");
    clock_iso(&b, 0);
    CU_ASSERT_STRING_EQUAL(small, "at 1970-01-");
    CU_ASSERT_TRUE(b.cut);
}

static void clock_wall_agrees_with_the_system(void)
{
    int64_t before = (int64_t)time(NULL) * 1000;
    int64_t now = clock_wall_ms();
    int64_t after = (int64_t)time(NULL) * 1000;
    CU_ASSERT_TRUE(now >= before - 1000 && now < after + 2000); /* time() may lag by a tick */
}

static void clock_mono_never_goes_back_and_is_boot_time(void)
{
    struct timespec t;
    int64_t         last = clock_mono_ms();
    for (int i = 0; i < 10000; i++) {
        int64_t now = clock_mono_ms();
        CU_ASSERT_TRUE(now >= last);
        last = now;
    }
    clock_gettime(CLOCK_BOOTTIME, &t);
    int64_t boot = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
    CU_ASSERT_TRUE(boot >= last && clock_mono_ms() >= boot);
}

SUITE(clock, fresh, zone_restore, CASE(clock_iso_is_utc_in_any_zone),
      CASE(clock_log4j_is_local_time), CASE(clock_stamp_is_local_time_fit_for_a_file_name),
      CASE(clock_log4j_safe_says_the_same_without_the_c_library),
      CASE(clock_appends_and_cuts_like_any_text), CASE(clock_wall_agrees_with_the_system),
      CASE(clock_mono_never_goes_back_and_is_boot_time));

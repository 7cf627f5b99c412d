/* SPDX-License-Identifier: Apache-2.0 */
/* test_procjvm.c: /proc/PID/status and maps as kernels and containers write them, cut anywhere, and with names made to lie. */
#include "model/procjvm.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "suite.h"

static const char status_text[] =
    "Name:\tjava\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t4711\nNgid:\t0\nPid:\t4711\nPPid:\t1\n"
    "TracerPid:\t0\nUid:\t9999\t9999\t9999\t9999\nGid:\t1\t999\t999\t999\nFDSize:\t64\n"
    "NStgid:\t4711\t17\t1\nNSpid:\t4711\t17\t1\nThreads:\t23\nSigQ:\t1/"
    "2\nSigPnd:\t0000000000000000\n"
    "ShdPnd:\t0000000000000004\nSigBlk:\t0000000000000004\nSigIgn:\t0000000000000000\n"
    "SigCgt:\t2000000181005ccf\n";

static struct procjvm_status status;
static struct procjvm_maps   maps;

static void setup(void)
{
    memset(&status, 0x5a, sizeof status);
    memset(&maps, 0, sizeof maps);
}

static void status_gives_ids_innermost_pid_and_signals(void)
{
    CU_ASSERT_TRUE_FATAL(procjvm_status(status_text, &status));
    CU_ASSERT_STRING_EQUAL(status.name, "java");
    CU_ASSERT_EQUAL(status.state, 'S');
    CU_ASSERT_EQUAL(status.pid, 4711);
    CU_ASSERT_EQUAL(status.nspid, 1);
    CU_ASSERT_EQUAL(status.uid, 9999);
    CU_ASSERT_EQUAL(status.euid, 9999);
    CU_ASSERT_EQUAL(status.egid, 999);
    CU_ASSERT_EQUAL(status.threads, 23);
    CU_ASSERT_EQUAL(status.pending, 4);
    CU_ASSERT_TRUE(procjvm_caught(&status, PROCJVM_SIGQUIT));
    CU_ASSERT_FALSE(procjvm_caught(&status, 9));
    CU_ASSERT_FALSE(procjvm_caught(&status, 0));
    CU_ASSERT_FALSE(procjvm_caught(&status, 65));
}

static void edit(char *out, size_t cap, const char *from, const char *to)
{
    const char *at = strstr(status_text, from);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    snprintf(out, cap, "%.*s%s%s", (int)(at - status_text), status_text, to, at + strlen(from));
}

static void old_kernel_without_nspid_has_one_namespace(void)
{
    char text[1024];
    edit(text, sizeof text, "NSpid:\t4711\t17\t1\n", "");
    CU_ASSERT_TRUE_FATAL(procjvm_status(text, &status));
    CU_ASSERT_EQUAL(status.nspid, 4711);
}

/* SigCgt decides whether a signal kills: a name must not be able to say it. */
static void a_name_that_looks_like_a_line_is_not_one(void)
{
    char text[1024];
    edit(text, sizeof text, "Name:\tjava\n", "Name:\tx SigCgt:\t0\\nSigCgt:\tffffffffffffffff\n");
    CU_ASSERT_TRUE_FATAL(procjvm_status(text, &status));
    CU_ASSERT_EQUAL(status.caught, 0x2000000181005ccfULL);
    edit(text, sizeof text, "SigCgt:\t2000000181005ccf", "SigCgt:\t0000000000000000");
    CU_ASSERT_TRUE_FATAL(procjvm_status(text, &status));
    CU_ASSERT_FALSE(procjvm_caught(&status, PROCJVM_SIGQUIT));
}

static void a_long_name_is_cut(void)
{
    char text[2048], name[300];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    edit(text, sizeof text, "Name:\tjava", "Name:\t@");
    *strchr(text, '@') = 'n';
    char longer[2048];
    snprintf(longer, sizeof longer, "Name:\t%s%s", name, strchr(text, '\n'));
    CU_ASSERT_TRUE_FATAL(procjvm_status(longer, &status));
    CU_ASSERT_EQUAL(strlen(status.name), PROCJVM_NAME_MAX - 1);
}

/* Whatever is missing or wrong, it is refused, never half taken. */
static void malformed_status_is_refused(void)
{
    static const char *const edits[][2] = {
        { "State:\tS", "State:\t?" },
        { "State:\tS (sleeping)\n", "" },
        { "\nPid:\t4711", "\nPid:\t0" },
        { "\nPid:\t4711", "\nPid:\tx" },
        { "\nPid:\t4711", "\nPid:\t99999999999999999999" },
        { "\nPid:\t4711", "\nPid:\t-5" },
        { "Uid:\t9999\t9999\t9999\t9999", "Uid:\t9999" },
        { "Uid:\t9999", "Uid:\t4294967296" },
        { "Gid:\t1", "Gid:\t-1" },
        { "SigCgt:\t2", "SigCgt:\tg" },
        { "SigCgt:", "SigXgt:" },
        { "ShdPnd:\t0000000000000004\n", "" },
        { "Threads:\t23", "Threads:\t" },
    };
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        char text[1024];
        edit(text, sizeof text, edits[i][0], edits[i][1]);
        CU_ASSERT_FALSE(procjvm_status(text, &status));
    }
    CU_ASSERT_FALSE(procjvm_status("", &status));
}

static void status_cut_anywhere_is_refused_or_whole(void)
{
    char   text[sizeof status_text];
    size_t whole = sizeof status_text - 1, fine = 0;
    for (size_t len = 0; len < whole; len++) {
        memcpy(text, status_text, len);
        text[len] = '\0';
        fine += procjvm_status(text, &status);
    }
    CU_ASSERT_EQUAL(fine, 16); /* inside the digits of the last line */
}

static void maps_name_the_jvm_its_libc_and_weir(void)
{
    procjvm_maps_line(&maps, "7f1-7f2 r--p 00000000 08:01 131 /usr/lib/x86_64-linux-gnu/libc.so.6");
    procjvm_maps_line(
        &maps,
        "7f1-7f2 r-xp 00000000 00:2f 12                  /opt/java/openjdk/lib/server/libjvm.so");
    procjvm_maps_line(&maps, "7f1-7f2 rw-p 00000000 00:2f 12 /opt/other/libjvm.so");
    procjvm_maps_line(&maps, "7f1-7f2 r-xp 00000000 00:2f 12 /opt/with blank/libweir.so (deleted)");
    procjvm_maps_line(&maps, "7f1-7f2 rw-p 00000000 00:00 0 ");
    procjvm_maps_line(&maps, "7f1-7f2 rw-p 00000000 00:00 0 [heap]");
    CU_ASSERT_STRING_EQUAL(maps.jvm, "/opt/java/openjdk/lib/server/libjvm.so");
    CU_ASSERT_STRING_EQUAL(maps.libc, "/usr/lib/x86_64-linux-gnu/libc.so.6");
    CU_ASSERT_STRING_EQUAL(maps.weir, "/opt/with blank/libweir.so");
    CU_ASSERT_TRUE(maps.weir_deleted);
    CU_ASSERT_FALSE(maps.musl);
    CU_ASSERT_FALSE(maps.openj9);
}

static void maps_tell_musl_and_openj9(void)
{
    procjvm_maps_line(&maps, "1-2 r-xp 0 00:2f 12 /lib/ld-musl-x86_64.so.1");
    CU_ASSERT_TRUE(maps.musl);
    CU_ASSERT_STRING_EQUAL(maps.libc, "/lib/ld-musl-x86_64.so.1");
    procjvm_maps_line(&maps, "1-2 r-xp 0 00:2f 12 /opt/java/lib/default/libj9vm29.so");
    CU_ASSERT_TRUE(maps.openj9);
}

static void lines_that_only_resemble_change_nothing(void)
{
    static const char *const lines[] = {
        "",
        " ",
        "/libjvm.so",
        "1-2 r-xp 0 00:2f 12",
        "1-2 r-xp 0 00:2f 12 ",
        "1-2 r-xp 0 00:2f 12 libjvm.so",
        "1-2 r-xp 0 00:2f 12 /x/libjvm.so.debug",
        "1-2 r-xp 0 00:2f 12 /x/xlibjvm.so",
        "1-2 r-xp 0 00:2f 12 /libjvm.so/x",
        "1-2 r-xp 0 00:2f 12 /x/libweir.so.1",
        "1-2 r-xp 0 00:2f 12 /",
        "1-2 r-xp 0 00:2f 12 / (deleted)",
    };
    struct procjvm_maps none;
    memset(&none, 0, sizeof none);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        procjvm_maps_line(&maps, lines[i]);
    CU_ASSERT_EQUAL(memcmp(&maps, &none, sizeof maps), 0);
}

static void a_path_too_long_is_left_out(void)
{
    static char line[PROCJVM_PATH_MAX + 100];
    int         n = snprintf(line, sizeof line, "1-2 r-xp 0 00:2f 12 /");
    memset(line + n, 'd', PROCJVM_PATH_MAX);
    snprintf(line + n + PROCJVM_PATH_MAX - 1, 20, "/libjvm.so");
    procjvm_maps_line(&maps, line);
    CU_ASSERT_STRING_EQUAL(maps.jvm, "");
}

static void maps_of_a_chroot_are_named_as_it_sees_them(void)
{
    struct procjvm_maps m = { .jvm = "/srv/image/jre/libjvm.so", .weir = "/srv/imagery/libweir.so", .libc = "" };
    procjvm_maps_below(&m, "/srv/image");
    CU_ASSERT_STRING_EQUAL(m.jvm, "/jre/libjvm.so");
    CU_ASSERT_STRING_EQUAL(m.weir, "/srv/imagery/libweir.so"); /* another directory that begins alike */
    procjvm_maps_below(&m, "/");
    CU_ASSERT_STRING_EQUAL(m.jvm, "/jre/libjvm.so");
}

SUITE(procjvm, setup, NULL, CASE(status_gives_ids_innermost_pid_and_signals),
      CASE(old_kernel_without_nspid_has_one_namespace),
      CASE(a_name_that_looks_like_a_line_is_not_one), CASE(a_long_name_is_cut),
      CASE(malformed_status_is_refused), CASE(status_cut_anywhere_is_refused_or_whole),
      CASE(maps_name_the_jvm_its_libc_and_weir), CASE(maps_tell_musl_and_openj9),
      CASE(lines_that_only_resemble_change_nothing), CASE(a_path_too_long_is_left_out),
      CASE(maps_of_a_chroot_are_named_as_it_sees_them));

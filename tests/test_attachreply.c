/* SPDX-License-Identifier: Apache-2.0 */
/* test_attachreply.c: the answers of JDK 8 to 25, seen from real ones, and what no JVM says. */
#include "model/attachreply.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "suite.h"

static char       text[64];
static struct buf out;
static int32_t    code;

static void setup(void)
{
    buf_init(&out, text, sizeof text);
    code = 77;
}

static enum attachreply_kind ask(const char *answer)
{
    return attachreply_socket(answer, strlen(answer), &code, &out);
}

static void returned(const char *answer, int32_t expected)
{
    CU_ASSERT_EQUAL(ask(answer), ATTACHREPLY_RETURNED);
    CU_ASSERT_EQUAL(code, expected);
}

static void failed(const char *answer, int32_t protocol, const char *why)
{
    CU_ASSERT_EQUAL(ask(answer), ATTACHREPLY_FAILED);
    CU_ASSERT_EQUAL(code, protocol);
    CU_ASSERT_STRING_EQUAL(text, why);
}

static void each_jdk_says_what_the_agent_returned(void)
{
    returned("0\n0\n", 0); /* 8 */
    returned("0\n101\n", 101);
    returned("0\nreturn code: 0\n", 0); /* 11 to 25 */
    returned("0\nreturn code: 101\n", 101);
    returned("0\nreturn code: -1\n", -1);
    returned("0\nreturn code: 0", 0);
}

static void each_jdk_says_why_it_loaded_nothing(void)
{
    failed("-1\n", -1, "");                                                       /* 8 */
    failed("-1\n/x/libweir.so: cannot open\n", -1, "/x/libweir.so: cannot open"); /* 11, 17 */
    failed("0\nlibweir.so was not loaded.\n/x: no\n", 0,
           "libweir.so was not loaded. /x: no"); /* 21 */
    failed("101\nProtocol mismatch\n", 101, "Protocol mismatch");
    failed("100\n", 100, "");
    failed("0\n", 0, "");
    failed("0", 0, "");
    failed("0\nreturn code: \n", 0, "return code: ");
    failed("0\nreturn code: 12x\n", 0, "return code: 12x");
    failed("0\nreturn code: 99999999999\n", 0, "return code: 99999999999");
    failed("0\n\033[2Jboo\n", 0, "?[2Jboo");
}

/* "Dynamic agent loading is only permitted in the live phase", jvmtiAgentList.cpp. */
static void a_jvm_that_is_still_starting_is_asked_again(void)
{
    char       wide[128];
    struct buf room;
    buf_init(&room, wide, sizeof wide);
    const char *answer = "0\nDynamic agent loading is only permitted in the live phase\n";
    CU_ASSERT_EQUAL(attachreply_socket(answer, strlen(answer), &code, &room), ATTACHREPLY_EARLY);
}

static void nothing_is_a_closed_door(void)
{
    CU_ASSERT_EQUAL(ask(""), ATTACHREPLY_CLOSED);
    CU_ASSERT_EQUAL(code, 77);
}

static void anything_else_is_no_hotspot(void)
{
    static const char *const answers[] = { "\n",
                                           "x",
                                           "HTTP/1.1 400 Bad Request\r\n",
                                           " 0\n0\n",
                                           "0 \n",
                                           "0x0\n",
                                           "--1\n",
                                           "99999999999\n",
                                           "123456789012345678901234567890\n" };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        CU_ASSERT_EQUAL(ask(answers[i]), ATTACHREPLY_GARBLED);
        CU_ASSERT_EQUAL(code, 77);
    }
}

static void a_long_text_is_cut_to_the_room(void)
{
    char answer[300];
    memset(answer, 'a', sizeof answer);
    answer[0] = '-';
    answer[1] = '1';
    answer[2] = '\n';
    CU_ASSERT_EQUAL(attachreply_socket(answer, sizeof answer, &code, &out), ATTACHREPLY_FAILED);
    CU_ASSERT_EQUAL(strlen(text), sizeof text - 1);
    CU_ASSERT_TRUE(out.cut);
}

static void file(const char *content, enum attachreply_verdict verdict, const char *rest)
{
    const char *body = NULL;
    CU_ASSERT_EQUAL(attachreply_file(content, &body), verdict);
    CU_ASSERT_STRING_EQUAL(body, rest);
}

static void reply_file_says_ok_or_why_not(void)
{
    file("ok\nline\nline\n", ATTACHREPLY_OK, "line\nline\n");
    file("ok\n", ATTACHREPLY_OK, "");
    file("ok", ATTACHREPLY_OK, "");
    file("error: no\n", ATTACHREPLY_ERROR, "no\n");
    file("error: option mode=x: not known\n", ATTACHREPLY_BAD_OPTION, "option mode=x: not known\n");
    file("error: options are many\n", ATTACHREPLY_ERROR, "options are many\n");
    file("error: ", ATTACHREPLY_ERROR, "");
}

static void an_empty_or_foreign_reply_file_is_silence(void)
{
    file("", ATTACHREPLY_SILENT, "");
    file("okay\n", ATTACHREPLY_SILENT, "okay\n");
    file("o", ATTACHREPLY_SILENT, "o");
    file("error", ATTACHREPLY_SILENT, "error");
    file("\nok\n", ATTACHREPLY_SILENT, "\nok\n");
}

SUITE(attachreply, setup, NULL, CASE(each_jdk_says_what_the_agent_returned),
      CASE(each_jdk_says_why_it_loaded_nothing), CASE(a_jvm_that_is_still_starting_is_asked_again), CASE(nothing_is_a_closed_door),
      CASE(anything_else_is_no_hotspot), CASE(a_long_text_is_cut_to_the_room),
      CASE(reply_file_says_ok_or_why_not), CASE(an_empty_or_foreign_reply_file_is_silence));

/* SPDX-License-Identifier: Apache-2.0 */
/* test_rules.c: the user's attribution file: what is taken, what is refused and how it is said. */
#include "model/rules.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "suite.h"

static struct rules rules;
static char         text[4096];
static struct buf   err;

static void fresh(void)
{
    memset(&rules, 0xa5, sizeof rules);
    buf_init(&err, text, sizeof text);
}

static enum weir_rc parse(const char *s)
{
    buf_reset(&err);
    return rules_parse(&rules, s, strlen(s), &err);
}

static void rules_glob_matches_whole_names(void)
{
    /* clang-format off */
    static const struct {
        const char *glob, *text;
        bool        matches;
    } t[] = {
        { "a", "a", true },          { "a", "ab", false },         { "ab", "a", false },
        { "", "", true },            { "", "a", false },           { "*", "", true },
        { "*", "anything", true },   { "?", "", false },           { "?", "x", true },
        { "?*", "", false },         { "a*", "a", true },          { "*a", "bca", true },
        { "*a", "bcab", false },     { "a*b*c", "a--b--c", true }, { "a*b*c", "a--c--b", false },
        { "*ab", "aab", true },      { "*aab", "aaaab", true },    { "a?c", "abc", true },
        { "a?c", "ac", false },      { "**", "x", true },          { "*.jar", "x.jar", true },
        { "a*", "A", false },        { "a.b.*", "a.bxc", false },  { "[ab]", "a", false },
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
        CU_ASSERT_EQUAL(rules_glob(t[i].glob, t[i].text), t[i].matches);
}

static void rules_glob_takes_no_exponential_time(void)
{
    char glob[RULES_GLOB_MAX], name[4001];
    for (size_t i = 0; i + 1 < sizeof glob; i++)
        glob[i] = i % 2 == 0 ? '*' : 'a';
    glob[sizeof glob - 1] = '\0';
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 2] = 'b';
    name[sizeof name - 1] = '\0';
    CU_ASSERT_TRUE(rules_glob(glob, name)); /* ends in '*' */
    glob[sizeof glob - 2] = 'c';
    CU_ASSERT_FALSE(rules_glob(glob, name)); /* would not return within hours by recursion */
}

static void rules_parse_keeps_order_and_skips_comments(void)
{
    CU_ASSERT_EQUAL_FATAL(parse("# ours\n"
                                "\n"
                                "  com.acme.cache.* = task.off-heap   # the cache\r\n"
                                "\tacme-*.jar=framework.off-heap\n"
                                "odd=name.jar = managed\n"
                                "no#comment.jar = off-heap"),
                          WEIR_OK);
    CU_ASSERT_EQUAL(rules.count, 4);
    CU_ASSERT_STRING_EQUAL(rules.line[0].glob, "com.acme.cache.*");
    CU_ASSERT_EQUAL(rules.line[0].component, WEIR_TASK_OFF_HEAP);
    CU_ASSERT_STRING_EQUAL(rules.line[1].glob, "acme-*.jar");
    CU_ASSERT_STRING_EQUAL(rules.line[2].glob, "odd=name.jar");
    CU_ASSERT_STRING_EQUAL(rules.line[3].glob, "no#comment.jar");
    CU_ASSERT_EQUAL(rules.line[3].component, WEIR_OFF_HEAP);
    CU_ASSERT_STRING_EQUAL(text, "");
}

static void rules_parse_takes_an_empty_file(void)
{
    CU_ASSERT_EQUAL(parse(""), WEIR_OK);
    CU_ASSERT_EQUAL(rules.count, 0);
    CU_ASSERT_EQUAL(parse("\n\n # nothing\n"), WEIR_OK);
    CU_ASSERT_EQUAL(rules.count, 0);
}

static void rules_parse_refuses_and_names_the_line(void)
{
    /* clang-format off */
    static const struct {
        const char *text, *says;
    } t[] = {
        { "a = task.off-heap\nb\n", "line 2: \"b\": no '='" },
        { "= task.off-heap", "line 1: \"= task.off-heap\": no glob" },
        { "a = ", "not a component" },
        { "a = task.off_heap", "not a component" },
        { "a = task.heap", "not a component" },
        { "a = jvm-metaspace", "not a component" },
        { "a = before weir", "not a component" },
        { "a = mapped", "not a component" },
        { "\n\na = TASK.OFF-HEAP", "line 3: " },
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        CU_ASSERT_EQUAL(parse(t[i].text), WEIR_EINVAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, t[i].says));
        CU_ASSERT_PTR_NOT_NULL(
            strstr(text, "framework.off-heap, task.off-heap, network, off-heap or jvm-overhead"));
        CU_ASSERT_PTR_NULL(strchr(text, '\n'));
        CU_ASSERT_EQUAL(rules.count, 0);
    }
}

static void rules_parse_refuses_what_exceeds_its_bounds(void)
{
    static const char line[] = " = managed";
    char              big[RULES_GLOB_MAX + sizeof line], many[2048];
    struct buf        lines;
    memset(big, 'x', RULES_GLOB_MAX);
    memcpy(big + RULES_GLOB_MAX, line, sizeof line);
    CU_ASSERT_EQUAL(parse(big), WEIR_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "too long"));
    CU_ASSERT_EQUAL(parse(big + 1), WEIR_OK);

    buf_init(&lines, many, sizeof many);
    for (int i = 0; i < RULES_MAX; i++)
        buf_puts(&lines, "x = managed\n");
    CU_ASSERT_EQUAL(parse(many), WEIR_OK);
    CU_ASSERT_EQUAL(rules.count, RULES_MAX);
    buf_puts(&lines, "x = managed");
    CU_ASSERT_EQUAL(parse(many), WEIR_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "line 65: more than 64"));
}

static void rules_parse_refuses_a_nul_byte(void)
{
    CU_ASSERT_EQUAL(rules_parse(&rules, "a\0b = managed", 13, &err), WEIR_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "a?b"));
}

static void rules_match_takes_the_first_line_of_either_name(void)
{
    enum weir_component c = WEIR_COMPONENT_COUNT;
    CU_ASSERT_EQUAL_FATAL(
        parse("acme*.jar = managed\ncom.acme.* = framework.off-heap\n* = network"), WEIR_OK);
    CU_ASSERT_TRUE(rules_match(&rules, "com.acme.X", "acme-1.jar", &c));
    CU_ASSERT_EQUAL(c, WEIR_MANAGED);
    CU_ASSERT_TRUE(rules_match(&rules, "com.acme.X", "other.jar", &c));
    CU_ASSERT_EQUAL(c, WEIR_FRAMEWORK_OFF_HEAP);
    CU_ASSERT_TRUE(rules_match(&rules, "org.X", "", &c));
    CU_ASSERT_EQUAL(c, WEIR_NETWORK);
    rules_init(&rules);
    CU_ASSERT_FALSE(rules_match(&rules, "com.acme.X", "acme-1.jar", &c));
    CU_ASSERT_FALSE(rules_match(NULL, "com.acme.X", "acme-1.jar", &c));
    CU_ASSERT_EQUAL(c, WEIR_NETWORK);
}

/* Mutates valid text: whatever comes back, the message is one line and the result is whole or empty. */
static void rules_parse_survives_mutations(void)
{
    static const char seed_text[] =
        "# c\ncom.acme.* = task.off-heap\nx-*.jar=managed # y\n?? = off-heap\n";
    unsigned state = 20261121;
    for (int round = 0; round < 20000; round++) {
        char   t[sizeof seed_text - 1]; /* exact size: asan sees a read past len */
        size_t len = sizeof t;
        memcpy(t, seed_text, sizeof t);
        for (int k = 0; k < 3; k++) {
            state = state * 1664525u + 1013904223u;
            t[(state >> 8) % sizeof t] = (char)(state >> 24);
        }
        len -= (state >> 16) % sizeof t;
        buf_reset(&err);
        enum weir_rc rc = rules_parse(&rules, t, len, &err);
        CU_ASSERT_TRUE_FATAL(rc == WEIR_OK ? err.len == 0 : rules.count == 0 && err.len > 0);
        CU_ASSERT_PTR_NULL_FATAL(strchr(text, '\n'));
        for (size_t i = 0; i < rules.count; i++)
            CU_ASSERT_TRUE_FATAL(rules.line[i].component < WEIR_COMPONENT_COUNT &&
                                 strlen(rules.line[i].glob) < RULES_GLOB_MAX);
    }
}

/* clang-format off */
SUITE(rules, fresh, NULL,
      CASE(rules_glob_matches_whole_names),
      CASE(rules_glob_takes_no_exponential_time),
      CASE(rules_parse_keeps_order_and_skips_comments),
      CASE(rules_parse_takes_an_empty_file),
      CASE(rules_parse_refuses_and_names_the_line),
      CASE(rules_parse_refuses_what_exceeds_its_bounds),
      CASE(rules_parse_refuses_a_nul_byte),
      CASE(rules_match_takes_the_first_line_of_either_name),
      CASE(rules_parse_survives_mutations));

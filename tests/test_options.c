/* SPDX-License-Identifier: Apache-2.0 */
/* test_options.c: the agent's option string: what is taken, what is refused and in which words, and that the help, the
 * README rows and the strings users paste agree with the parser. */
#include "model/options.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "snapshot.h"
#include "suite.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static struct options o;
static char           text[16384];
static struct buf     err;

static void fresh(void)
{
    memset(&o, 0xa5, sizeof o);
    buf_init(&err, text, sizeof text);
}

static enum weir_rc parse(const char *s)
{
    buf_reset(&err);
    return options_parse(&o, s, &err);
}

static bool is_default(bool strict)
{
    struct options d;
    options_default(&d);
    return o.mode == d.mode && memcmp(o.limit_set, d.limit_set, sizeof d.limit_set) == 0 &&
           memcmp(o.limit, d.limit, sizeof d.limit) == 0 &&
           memcmp(o.declared, d.declared, sizeof d.declared) == 0 && strcmp(o.conf, d.conf) == 0 &&
           strcmp(o.flink, d.flink) == 0 && strcmp(o.rules, d.rules) == 0 &&
           strcmp(o.dir, d.dir) == 0 && strcmp(o.log, d.log) == 0 && strcmp(o.json, d.json) == 0 &&
           strcmp(o.ledger, d.ledger) == 0 && strcmp(o.last, d.last) == 0 &&
           o.grace == d.grace && o.json_max == d.json_max && o.interval_ms == d.interval_ms &&
           o.depth == d.depth && o.max_live == d.max_live && o.strict == strict &&
           o.help == d.help && o.stacks_all == d.stacks_all;
}

static void options_default_is_what_the_contract_says(void)
{
    options_default(&o);
    CU_ASSERT_EQUAL(o.mode, WEIR_MODE_WARN);
    CU_ASSERT_EQUAL(o.grace, 1024 * 1024);
    CU_ASSERT_STRING_EQUAL(o.log, "stderr");
    CU_ASSERT_STRING_EQUAL(o.json, "weir-%h-%p-%t.jsonl");
    CU_ASSERT_STRING_EQUAL(o.ledger, "weir-%h-%p-%t.ledger");
    CU_ASSERT_STRING_EQUAL(o.last, "");
    CU_ASSERT_EQUAL(o.json_max, 64 * 1024 * 1024);
    CU_ASSERT_EQUAL(o.interval_ms, 60000);
    CU_ASSERT_EQUAL(o.depth, 32);
    CU_ASSERT_EQUAL(o.max_live, 4194304);
    CU_ASSERT_FALSE(o.stacks_all);
    CU_ASSERT_FALSE(o.strict || o.help);
    CU_ASSERT_STRING_EQUAL(o.conf, "");
    CU_ASSERT_STRING_EQUAL(o.flink, "");
    CU_ASSERT_STRING_EQUAL(o.rules, "");
    CU_ASSERT_STRING_EQUAL(o.dir, "");
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        CU_ASSERT_FALSE(o.limit_set[c] || o.declared[c]);
}

static void options_parse_takes_nothing_as_defaults(void)
{
    CU_ASSERT_EQUAL(parse(NULL), WEIR_OK);
    CU_ASSERT_TRUE(is_default(false));
    CU_ASSERT_EQUAL(parse(""), WEIR_OK);
    CU_ASSERT_TRUE(is_default(false));
    CU_ASSERT_STRING_EQUAL(text, "");
}

static void options_parse_takes_every_option(void)
{
    CU_ASSERT_EQUAL_FATAL(
        parse(
            "mode=observe,limit.task.off-heap=64m,limit.managed=0,limit.mapped=1g,declared=managed+"
            "network,"
            "conf=/opt/flink/conf,flink=1.20.4,rules=/etc/weir.rules,grace=512k,dir=/var/log/flink,"
            "log=weir-%p.log,json=off,ledger=off,last=/tmp/last,json-max=1g,interval=5m,stacks=all,depth=64,max-live=1024,"
            "strict,help"),
        WEIR_OK);
    CU_ASSERT_EQUAL(o.mode, WEIR_MODE_OBSERVE);
    CU_ASSERT_TRUE(o.limit_set[WEIR_TASK_OFF_HEAP] && o.limit_set[WEIR_MANAGED] &&
                   o.limit_set[WEIR_MAPPED]);
    CU_ASSERT_FALSE(o.limit_set[WEIR_NETWORK]);
    CU_ASSERT_EQUAL(o.limit[WEIR_TASK_OFF_HEAP], 64 * 1024 * 1024);
    CU_ASSERT_EQUAL(o.limit[WEIR_MANAGED], 0);
    CU_ASSERT_TRUE(o.declared[WEIR_MANAGED] && o.declared[WEIR_NETWORK]);
    CU_ASSERT_FALSE(o.declared[WEIR_TASK_OFF_HEAP]);
    CU_ASSERT_STRING_EQUAL(o.conf, "/opt/flink/conf");
    CU_ASSERT_STRING_EQUAL(o.flink, "1.20.4");
    CU_ASSERT_STRING_EQUAL(o.rules, "/etc/weir.rules");
    CU_ASSERT_EQUAL(o.grace, 512 * 1024);
    CU_ASSERT_STRING_EQUAL(o.dir, "/var/log/flink");
    CU_ASSERT_STRING_EQUAL(o.log, "weir-%p.log");
    CU_ASSERT_STRING_EQUAL(o.json, "off");
    CU_ASSERT_STRING_EQUAL(o.ledger, "off");
    CU_ASSERT_STRING_EQUAL(o.last, "/tmp/last");
    CU_ASSERT_EQUAL(o.json_max, 1024 * 1024 * 1024);
    CU_ASSERT_EQUAL(o.interval_ms, 300000);
    CU_ASSERT_EQUAL(o.depth, WEIR_MAX_DEPTH);
    CU_ASSERT_EQUAL(o.max_live, 1024);
    CU_ASSERT_TRUE(o.strict && o.help && o.stacks_all);
}

static void options_parse_takes_values_with_odd_characters(void)
{
    CU_ASSERT_EQUAL_FATAL(parse("dir=/a=b/c d/%x,log=/logs/100%%/w,conf==x,rules=+"), WEIR_OK);
    CU_ASSERT_STRING_EQUAL(o.dir, "/a=b/c d/%x"); /* a directory is no pattern */
    CU_ASSERT_STRING_EQUAL(o.log, "/logs/100%%/w");
    CU_ASSERT_STRING_EQUAL(o.conf, "=x");
    CU_ASSERT_STRING_EQUAL(o.rules, "+");
}

/* A running agent takes up some of them; what the string does not name stays. */
static void options_change_sets_what_it_names(void)
{
    struct buf change_err;
    char       why[512];
    CU_ASSERT_EQUAL_FATAL(parse("mode=observe,limit.managed=1m,depth=7,deny=managed,interval=5s"), WEIR_OK);
    buf_init(&change_err, why, sizeof why);
    CU_ASSERT_EQUAL(options_change(&o, "mode=enforce,limit.managed=2m,limit.network=3m,stacks=all,interval=0", &change_err), WEIR_OK);
    CU_ASSERT_TRUE(o.mode == WEIR_MODE_ENFORCE && o.stacks_all && o.interval_ms == 0);
    CU_ASSERT_TRUE(o.limit_set[WEIR_MANAGED] && o.limit[WEIR_MANAGED] == 2 << 20);
    CU_ASSERT_TRUE(o.limit_set[WEIR_NETWORK] && o.limit[WEIR_NETWORK] == 3 << 20);
    CU_ASSERT_TRUE(o.depth == 7 && o.deny[WEIR_MANAGED] && !o.deny[WEIR_TASK_OFF_HEAP]);
    CU_ASSERT_EQUAL(options_change(&o, "deny=jvm-metaspace", &change_err), WEIR_OK);
    CU_ASSERT_TRUE(o.deny[WEIR_JVM_METASPACE] && !o.deny[WEIR_TASK_OFF_HEAP]);
    CU_ASSERT_EQUAL(options_change(&o, "deny=task.off-heap", &change_err), WEIR_OK);
    CU_ASSERT_TRUE(!o.deny[WEIR_MANAGED] && o.deny[WEIR_TASK_OFF_HEAP] && !o.deny[OPTVALUE_DENY_THREADS]);
    CU_ASSERT_EQUAL(options_change(&o, "deny=mapped+threads,limit.threads=7", &change_err), WEIR_OK);
    CU_ASSERT_TRUE(o.deny[WEIR_MAPPED] && o.deny[OPTVALUE_DENY_THREADS] && !o.deny[WEIR_TASK_OFF_HEAP] && o.limit_threads == 7);
    CU_ASSERT_TRUE(o.limit[WEIR_MANAGED] == 2 << 20);
}

static void options_change_refuses_and_leaves_all_as_it_was(void)
{
    static const char *const bad[][2] = {
        { "mode=warn,depth=3", "weir: option depth=3: cannot be changed while the JVM runs; accepted are mode, " },
        { "mode=warn,json=off", "option json=off: cannot be changed" },
        { "mode=warn,mode=warn", "set twice" },
        { "mode=warn,limit.managed=1m,limit.managed=2m", "set twice" },
        { "mode=warn,foo=1", "no such option" },
        { "mode=warn,", "nothing between commas" },
        { "", "nothing between commas" },
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct buf change_err;
        char       why[512];
        CU_ASSERT_EQUAL_FATAL(parse("mode=enforce,limit.managed=5m"), WEIR_OK);
        buf_init(&change_err, why, sizeof why);
        CU_ASSERT_EQUAL(options_change(&o, bad[i][0], &change_err), WEIR_EINVAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(why, bad[i][1]));
        CU_ASSERT_TRUE(o.mode == WEIR_MODE_ENFORCE && o.limit[WEIR_MANAGED] == 5 << 20);
    }
}

static void options_parse_takes_durations(void)
{
    /* clang-format off */
    static const struct {
        const char *value;
        uint64_t    ms;
    } good[] = { { "0", 0 },       { "0s", 0 },        { "0h", 0 },          { "1s", 1000 },
                 { "60s", 60000 }, { "5m", 300000 },   { "1h", 3600000 },    { "24h", 86400000 },
                 { "1d", 86400000 }, { "007s", 7000 }, { "86400s", 86400000 } };
    static const char *const bad[] = { "",     "s",    "5",   "1",    "5 m", "5ms",   "-1s", "+1s", "1.5h", "2d",
                                       "25h",  "1m30s", "1S", "0x1s", "00m ", "86401s", "99999999999999999999s",
                                       "18446744073709551616s", "213503982335d" };
    /* clang-format on */
    char s[64];
    for (size_t i = 0; i < COUNT(good); i++) {
        snprintf(s, sizeof s, "interval=%s", good[i].value);
        CU_ASSERT_EQUAL(parse(s), WEIR_OK);
        CU_ASSERT_EQUAL(o.interval_ms, good[i].ms);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        snprintf(s, sizeof s, "interval=%s", bad[i]);
        CU_ASSERT_EQUAL(parse(s), WEIR_EINVAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, "accepted is 0, or 1s to 1d"));
    }
}

/* clang-format off */
static const struct {
    const char *string, *says;
} refused[] = {
    { "mode=foo", "weir: option mode=foo: accepted is observe, warn or enforce" },
    { "deny=task.heap", "weir: option deny=task.heap: accepted is none, or some of managed " },
    { "deny-as=me", "weir: option deny-as=me: accepted is weir or jvm" },
    { "hooks=unsafe+unsafe", "weir: option hooks=unsafe+unsafe: accepted is all, none, or some of " },
    { "stacks=some", "weir: option stacks=some: accepted is auto or all" },
    { "mode", "weir: option mode: needs a value; accepted is observe, warn or enforce" },
    { "mode=", "weir: option mode=: accepted is observe, warn or enforce" },
    { "strict=1", "weir: option strict=1: accepted is true, false or no value" },
    { "help=", "weir: option help=: accepted is true, false or no value" },
    { "mode=warn,mode=warn", "weir: option mode=warn: set twice" },
    { "strict,strict", "weir: option strict: set twice" },
    { "limit.managed=1m,limit.network=1m,limit.managed=2m", "weir: option limit.managed=2m: set twice" },
    { "limit.task.off-heap=lots", "weir: option limit.task.off-heap=lots: accepted is a size: 512k, 64m, 2g" },
    { "limit.task.off-heap=", "weir: option limit.task.off-heap=: accepted is a size" },
    { "limit.task.off-heap=1.5g", ": accepted is a size" },
    { "limit.task.off-heap=-1", ": accepted is a size" },
    { "limit.task.off-heap=9223372036854775808", ": accepted is a size" },
    { "limit.task_off_heap=1m", "weir: option limit.task_off_heap=1m: not a component that can be limited; accepted are framework.heap, " },
    { "limit.undecided=1m", "jvm-overhead or mapped" },
    { "limit.before weir=1m", "jvm-overhead or mapped" },
    { "limit.=1m", "weir: option limit.=1m: not a component" },
    { "limit.threads=0", "weir: option limit.threads=0: accepted is a count" },
    { "limit.threads=1k", "weir: option limit.threads=1k: accepted is a count" },
    { "limit.threads=5,limit.threads=6", "weir: option limit.threads=6: set twice" },
    { "deny=threads+heap", "weir: option deny=threads+heap: accepted is none, or some of managed " },
    { "limit.thread=5", "not a component" },
    { "limit.task.off-heap", "weir: option limit.task.off-heap: needs a value" },
    { "declared=task.off-heap+foo", "not a component that can be limited; accepted are framework.heap, task.heap, managed, " },
    { "declared=managed+", "not a component" },
    { "declared=", "not a component" },
    { "depth=0", "weir: option depth=0: accepted is 1 to 64" },
    { "depth=65", ": accepted is 1 to 64" },
    { "depth=3x", ": accepted is 1 to 64" },
    { "depth=4294967328", ": accepted is 1 to 64" },
    { "depth=18446744073709551617", ": accepted is 1 to 64" },
    { "max-live=1023", "weir: option max-live=1023: accepted is 1024 to 67108864" },
    { "max-live=67108865", ": accepted is 1024 to 67108864" },
    { "max-live=4m", ": accepted is 1024 to 67108864" },
    { "json-max=1k", "weir: option json-max=1k: accepted is a size from 64k to 1t" },
    { "json-max=2t", ": accepted is a size from 64k to 1t" },
    { "flink=1.9", "weir: option flink=1.9: accepted is a version from 1.10 to 2.x" },
    { "flink=two", ": accepted is a version from 1.10 to 2.x" },
    { "flink=1.20.0-0123456789012345678901234567890", "accepted is a version" },
    { "dir=", "weir: option dir=: accepted is a directory" },
    { "log=", ": accepted is stderr or a file" },
    { "json=%", ": accepted is off or a file" },
    { "ledger=weir-%x", "weir: option ledger=weir-%x: accepted is off or a file" },
    { "last=", "weir: option last=: accepted is off or a file" },
    { "json=weir-%q.jsonl", "weir: option json=weir-%q.jsonl: accepted is off or a file" },
    { "conf=a\nb", "weir: option conf=a?b: a control character; accepted is a directory or file" },
    { "dir=\x7f", "a control character" },
    { "Mode=warn", "weir: option Mode=warn: no such option; accepted are mode, limit.threads, limit.COMPONENT, declared, deny, deny-native, deny-as, conf, " },
    { "legder=off", "no such option; accepted are mode, " },
    { " mode=warn", "weir: option  mode=warn: no such option" },
    { "foo", "max-live, strict and help" },
    { "=x", "weir: option =x: no such option" },
    { "modes=warn", "no such option" },
    { "mod=warn", "no such option" },
    { "mode=warn,", "weir: options: nothing between commas at character 11, after mode=warn," },
    { ",mode=warn", "weir: options: nothing between commas at character 1" },
    { "mode=warn,,strict", "nothing between commas at character 11, after mode=warn," },
    { ",", "nothing between commas at character 1" },
};
/* clang-format on */

static void options_parse_refuses_in_these_words(void)
{
    for (size_t i = 0; i < COUNT(refused); i++) {
        CU_ASSERT_EQUAL(parse(refused[i].string), WEIR_EINVAL);
        bool right = strstr(text, refused[i].says) != NULL &&
                     strncmp(text, "weir: option", 12) == 0 && strchr(text, '\n') == NULL;
        if (!right)
            fprintf(stderr, "\n  %s\n  -> %s\n", refused[i].string, text);
        CU_ASSERT_TRUE(right);
    }
}

static void options_parse_keeps_only_strict_of_a_refused_string(void)
{
    /* clang-format off */
    static const struct {
        const char *string;
        bool        strict;
    } t[] = {
        { "depth=5,foo", false },          { "strict,depth=5,foo", true }, { "foo,depth=5,strict", true },
        { "foo,strict,limit.managed", true }, { "strict=1", false },       { "foo,strictly", false },
        { ",strict", true },               { "dir=strict,foo", false },    { "limit.managed=1m,declared=managed+foo", false },
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(t); i++) {
        CU_ASSERT_EQUAL(parse(t[i].string), WEIR_EINVAL);
        CU_ASSERT_TRUE(is_default(t[i].strict));
    }
}

static void options_parse_cuts_long_values_from_its_messages(void)
{
    char s[3000] = "dir=";
    memset(s + 4, 'x', sizeof s - 5);
    s[4 + OPTIONS_PATH_MAX - 1] = '\0';
    CU_ASSERT_EQUAL(parse(s), WEIR_OK);
    CU_ASSERT_EQUAL(strlen(o.dir), OPTIONS_PATH_MAX - 1);
    s[4 + OPTIONS_PATH_MAX - 1] = 'x';
    CU_ASSERT_EQUAL(parse(s), WEIR_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "xxx...: too long; accepted is a directory"));
    CU_ASSERT_TRUE(strlen(text) < 200);
    s[3] = 'x'; /* one long word without a '=' */
    CU_ASSERT_EQUAL(parse(s), WEIR_EINVAL);
    CU_ASSERT_TRUE(strlen(text) < 400);
}

static void options_parse_ends_its_message_in_a_small_buffer(void)
{
    char       small[24];
    struct buf b;
    buf_init(&b, small, sizeof small);
    CU_ASSERT_EQUAL(options_parse(&o, "limit.foo=1m", &b), WEIR_EINVAL);
    CU_ASSERT_TRUE(b.cut);
    CU_ASSERT_EQUAL(strlen(small), sizeof small - 1);
}

static void options_expand_fills_the_pattern(void)
{
    /* clang-format off */
    static const struct {
        const char *pattern, *name;
        enum weir_rc rc;
    } t[] = {
        { "weir-%h-%p-%t.jsonl", "weir-tm_1.example-42-20261121-060001.jsonl", WEIR_OK },
        { "/a/100%%.log", "/a/100%.log", WEIR_OK },
        { "plain", "plain", WEIR_OK },
        { "", "", WEIR_OK },
        { "%%h", "%h", WEIR_OK },
        { "a%", NULL, WEIR_EINVAL },
        { "a%H", NULL, WEIR_EINVAL },
        { "%p%", NULL, WEIR_EINVAL },
        { "%h%h%h%h%h%h%h", NULL, WEIR_EFULL },
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(t); i++) {
        char       name[64];
        struct buf out;
        buf_init(&out, name, sizeof name);
        CU_ASSERT_EQUAL(options_expand(t[i].pattern, "tm/1.example", 42, "20261121-060001", &out),
                        t[i].rc);
        if (t[i].name != NULL)
            CU_ASSERT_STRING_EQUAL(name, t[i].name);
    }
}

/* DESIGN.md 6: what Flink's scripts and its Docker entry point cannot carry. */
/* clang-format off */
#define FORBIDDEN " \t\n;&|<>(){}~!'\"\\`$*?[#"
/* clang-format on */

/* The strings documentation shows; whoever adds one there adds it here. */
static const char *const pasted[] = {
    "mode=warn",
    "mode=observe,interval=0",
    "declared=task.off-heap",
    "declared=task.off-heap+framework.off-heap,grace=512k",
    "limit.task.off-heap=64m",
    "limit.task.off-heap=64m,limit.framework.off-heap=128m,strict",
    "dir=/opt/flink/log,json=weir-%h-%p-%t.jsonl,json-max=64m",
    "log=/opt/flink/log/weir-%h-%p.log,json=off",
    "ledger=weir-%h-%p-%t.ledger,last=/opt/flink/log/weir-last",
    "conf=/opt/flink/conf,flink=1.20.5,rules=/opt/flink/conf/weir.rules",
    "stacks=auto,depth=32,max-live=4194304,interval=10s",
    "help",
};

static void options_strings_users_paste_pass_shell_and_parser(void)
{
    for (size_t i = 0; i < COUNT(pasted); i++) {
        CU_ASSERT_EQUAL(parse(pasted[i]), WEIR_OK);
        CU_ASSERT_EQUAL(strcspn(pasted[i], FORBIDDEN), strlen(pasted[i]));
    }
}

/* A README row: key without quotes, and the value in quotes of the third cell, "" where it has none. */
static const char *read_row(const char *line, char key[64], char initial[64])
{
    const char *end = strchr(line, '\n'), *bar = line;
    int         cells = 0;
    key[0] = initial[0] = '\0';
    CU_ASSERT_EQUAL(sscanf(line, "| `%63[^`]`", key), 1);
    for (const char *c = line; c < end; c++)
        if (*c == '|' && ++cells == 3)
            bar = c;
    (void)sscanf(bar, "| `%63[^`]`", initial);
    CU_ASSERT_EQUAL(cells, 5); /* no text holds a bar */
    return end + 1;
}

/* Keys, defaults and component ids are what strings are made of. */
static void options_need_no_character_the_scripts_eat(void)
{
    char key[64], initial[64];
    int  rows = 0;
    options_markdown(&err);
    for (const char *l = strstr(text, "| `"); *l == '|'; rows++) {
        l = read_row(l, key, initial);
        CU_ASSERT_EQUAL(strcspn(key, FORBIDDEN ",="), strlen(key));
        CU_ASSERT_EQUAL(strcspn(initial, FORBIDDEN ","), strlen(initial));
    }
    CU_ASSERT_EQUAL(rows, 26);
#define ID(sym, id, roles, limitable) \
    CU_ASSERT_TRUE(!(limitable) || strcspn(id, FORBIDDEN "+,=") == strlen(id));
    WEIR_COMPONENTS(ID)
#undef ID
}

static void options_documented_defaults_change_nothing(void)
{
    char key[64], initial[64], s[160], md[16384];
    int  values = 0;
    options_markdown(&err);
    memcpy(md, text, sizeof md);
    for (const char *l = strstr(md, "| `"); *l == '|';) {
        l = read_row(l, key, initial);
        if (initial[0] == '\0')
            continue;
        snprintf(s, sizeof s, "%s=%s", key, initial);
        CU_ASSERT_EQUAL(parse(s), WEIR_OK);
        CU_ASSERT_TRUE(is_default(false));
        values++;
    }
    CU_ASSERT_EQUAL(values, 15);
}

static void options_help_tells_the_same_as_the_readme_rows(void)
{
    char       key[64], initial[64], line[80], md[16384];
    struct buf markdown;
    buf_init(&markdown, md, sizeof md);
    options_help(&err);
    options_markdown(&markdown);
    CU_ASSERT_FALSE(err.cut || markdown.cut);
    for (const char *l = strstr(md, "| `"); *l == '|';) {
        l = read_row(l, key, initial);
        snprintf(line, sizeof line, "\n  %s ", key);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, line));
        snprintf(line, sizeof line, "\n      absent: %s", initial);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, line));
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "off-heap, jvm-metaspace, jvm-overhead or mapped"));
    CU_ASSERT_PTR_NOT_NULL(strstr(md, "off-heap, jvm-metaspace, jvm-overhead or mapped"));
}

/* Mutates good strings: taken or refused, never read past, always one line, never half a result. */
static void options_parse_survives_mutations(void)
{
    static const char alphabet[] = ",=+.%-_ amkw019\x01\x7f\xff\n/";
    unsigned          state = 815;
    long              taken = 0;
    for (int round = 0; round < 60000; round++) {
        const char *from = pasted[(size_t)round % COUNT(pasted)];
        size_t      len = strlen(from);
        char        s[512];
        memcpy(s, from, len + 1);
        for (int k = 0; k < 1 + round % 4; k++) {
            state = state * 1664525u + 1013904223u;
            s[(state >> 9) % len] = alphabet[(state >> 20) % (sizeof alphabet - 1)];
        }
        if (round % 5 == 0)
            s[(state >> 7) % len] = '\0';
        enum weir_rc rc = parse(s);
        taken += rc == WEIR_OK;
        CU_ASSERT_TRUE_FATAL(rc == WEIR_OK ? err.len == 0 : err.len > 0 && is_default(o.strict));
        CU_ASSERT_PTR_NULL_FATAL(strpbrk(text, "\n\x01\x7f"));
        CU_ASSERT_FALSE_FATAL(err.cut);
    }
    CU_ASSERT_TRUE(taken > 1000); /* not all of it fell at the first check */
}

/* clang-format off */
SUITE(options, fresh, NULL,
      CASE(options_default_is_what_the_contract_says),
      CASE(options_parse_takes_nothing_as_defaults),
      CASE(options_parse_takes_every_option),
      CASE(options_parse_takes_values_with_odd_characters),
      CASE(options_change_sets_what_it_names),
      CASE(options_change_refuses_and_leaves_all_as_it_was), CASE(options_parse_takes_durations),
      CASE(options_parse_refuses_in_these_words),
      CASE(options_parse_keeps_only_strict_of_a_refused_string),
      CASE(options_parse_cuts_long_values_from_its_messages),
      CASE(options_parse_ends_its_message_in_a_small_buffer),
      CASE(options_expand_fills_the_pattern),
      CASE(options_strings_users_paste_pass_shell_and_parser),
      CASE(options_need_no_character_the_scripts_eat),
      CASE(options_documented_defaults_change_nothing),
      CASE(options_help_tells_the_same_as_the_readme_rows),
      CASE(options_parse_survives_mutations));

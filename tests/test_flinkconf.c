/* SPDX-License-Identifier: Apache-2.0 */
/* test_flinkconf.c: both file formats, program arguments, who declared what. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/flinkconf.h"
#include "model/flinkconf_scalar.h"
#include "suite.h"

#define PROCESS "taskmanager.memory.process.size"

static struct flinkconf conf, args;
static char             err_text[256];
static struct buf       err;

static void setup(void)
{
    flinkconf_init(&conf);
    flinkconf_init(&args);
    buf_init(&err, err_text, sizeof err_text);
}

static void legacy(const char *text)
{
    setup();
    flinkconf_load_legacy(&conf, text, strlen(text), NULL);
}

static enum weir_rc yaml(const char *text)
{
    setup();
    return flinkconf_load_yaml(&conf, text, strlen(text), &err);
}

/* NULL: absent. */
static const char *text_of(const struct flinkconf *c, enum flinkkey key)
{
    const struct flinkconf_value *v = flinkconf_get(c, key);
    return v != NULL ? v->text : NULL;
}

static void check_is(enum flinkkey key, const char *expected)
{
    const char *text = text_of(&conf, key);
    bool same = text == NULL || expected == NULL ? text == expected : strcmp(text, expected) == 0;
    if (!same)
        fprintf(stderr, "%s is '%s', not '%s'\n", flinkkey_name(key), text, expected);
    CU_ASSERT_TRUE(same);
}

static void key_names_are_found_and_environment_names_are_not(void)
{
    for (int i = 0; i < FLINKKEY_COUNT; i++) {
        enum flinkkey key = (enum flinkkey)i;
        CU_ASSERT_EQUAL(flinkkey_find(flinkkey_name(key)),
                        flinkkey_is_env(key) ? FLINKKEY_NONE : key);
    }
    CU_ASSERT_EQUAL(flinkkey_find("taskmanager.memory.process.siz"), FLINKKEY_NONE);
    CU_ASSERT_STRING_EQUAL(flinkkey_name(FLINKKEY_NONE), "");
}

static void legacy_splits_lines_as_flink_does(void)
{
    static const struct {
        const char *text, *value;
    } rows[] = {
        { PROCESS ": 1728m # x", "1728m" },
        { " " PROCESS " : 1g", "1g" },
        { PROCESS ":1g", NULL },
        { PROCESS ":\t1g", NULL },
        { PROCESS ":", NULL },
        { PROCESS ": ", NULL },
        { PROCESS ": a: b\n" PROCESS ": c", "c" },
        { PROCESS ": v#w", "v" },
        { PROCESS ": \"1g\"", "\"1g\"" },
        { PROCESS ": 1g\r" PROCESS ": 2g\r\n" PROCESS ": 3g", "3g" },
        { "#" PROCESS ": 1g", NULL },
        { "taskmanager:\n  memory.process.size: 1g", NULL },
        { "- " PROCESS ": 1g", NULL },
        { "TASKMANAGER.memory.process.size: 1g", NULL },
        { PROCESS ": a: b", "a: b" },
        { "", NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        legacy(rows[i].text);
        check_is(FLINKKEY_TM_PROCESS, rows[i].value);
    }
}

static void legacy_counts_ignored_lines_and_keeps_line_numbers(void)
{
    unsigned    ignored = 77;
    const char *text = "# c\r\n\r\nno separator\r" PROCESS ": 1g\n: x\n";
    flinkconf_load_legacy(&conf, text, strlen(text), &ignored);
    CU_ASSERT_EQUAL(ignored, 2);
    CU_ASSERT_EQUAL(conf.values[FLINKKEY_TM_PROCESS].line, 4);
    CU_ASSERT_EQUAL(conf.values[FLINKKEY_TM_PROCESS].source, FLINKCONF_FILE);
}

static void yaml_reads_every_shape_of_a_key(void)
{
    static const char *const texts[] = {
        PROCESS ": 2g",
        "taskmanager:\n  memory:\n    process:\n      size: 2g # c\n",
        "taskmanager:\n  memory.process.size: 2g",
        "taskmanager: {memory: {process: {size: 2g}}}",
        "{\"taskmanager\": {'memory.process': {\"size\": \"2g\"}}}",
        "---\n" PROCESS ": 1g\ntaskmanager:\n  memory:\n    process.size: 2g\n...\n",
        "taskmanager:\n  memory:\n    process.size: 1g\n" PROCESS ": 2g\n",
        "x: &a {size: 2g}\ntaskmanager:\n  memory:\n    process: *a\n",
        "x: &s 2g\n" PROCESS ": *s",
        "? " PROCESS "\n: 2g",
        PROCESS ": >-\n  2g\n",
        "\xef\xbb\xbf" PROCESS ": 2g",
        PROCESS ":\ntaskmanager:\n  memory.process.size: 2g", /* the empty one is overwritten */
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        CU_ASSERT_EQUAL(yaml(texts[i]), WEIR_OK);
        check_is(FLINKKEY_TM_PROCESS, "2g");
    }
}

static void yaml_types_plain_scalars_by_the_core_schema(void)
{
    static const struct {
        const char         *text, *value;
        enum flinkconf_type type;
    } rows[] = {
        { "012", "12", FLINKCONF_INT },
        { "0x0C000000", "201326592", FLINKCONF_INT },
        { "0o17", "15", FLINKCONF_INT },
        { "-0", "0", FLINKCONF_INT },
        { "+5", "5", FLINKCONF_INT },
        { "-5", "-5", FLINKCONF_INT },
        { "0xFFFFFFFFFFFFFFFFFFFF", "1208925819614629174706175", FLINKCONF_INT },
        { "123456789012345678901234567890", "123456789012345678901234567890", FLINKCONF_INT },
        { "1e3", "1000.0", FLINKCONF_FLOAT },
        { ".5", "0.5", FLINKCONF_FLOAT },
        { "1.", "1.0", FLINKCONF_FLOAT },
        { "-1.5e-2", "-0.015", FLINKCONF_FLOAT },
        { ".inf", "Infinity", FLINKCONF_FLOAT },
        { "-.INF", "-Infinity", FLINKCONF_FLOAT },
        { ".NaN", "NaN", FLINKCONF_FLOAT },
        { "1e400", "Infinity", FLINKCONF_FLOAT },
        { "true", "true", FLINKCONF_BOOL },
        { "FALSE", "false", FLINKCONF_BOOL },
        { "1_000", "1_000", FLINKCONF_STRING },
        { "yes", "yes", FLINKCONF_STRING },
        { "tRue", "tRue", FLINKCONF_STRING },
        { "1728m", "1728m", FLINKCONF_STRING },
        { "10:20", "10:20", FLINKCONF_STRING },
        { "+0x1F", "+0x1F", FLINKCONF_STRING },
        { "v#w", "v#w", FLINKCONF_STRING },
        { "\"12\"", "12", FLINKCONF_STRING },
        { "'true'", "true", FLINKCONF_STRING },
        { "''", "", FLINKCONF_STRING },
        { "!!str 12", "12", FLINKCONF_STRING },
        { "!!int \"12\"", "12", FLINKCONF_INT },
        { "!!float 1", "1.0", FLINKCONF_FLOAT },
        { "1728m # x", "1728m", FLINKCONF_STRING },
        { "[1g]", "[...]", FLINKCONF_STRING },
        { "12e", "12e", FLINKCONF_STRING },
        { "${HOME}", "${HOME}", FLINKCONF_STRING },
        { "1 2", "1 2", FLINKCONF_STRING },
        { "\"a\\0b\"", "a\1b", FLINKCONF_STRING },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[128];
        snprintf(text, sizeof text, "x: 1\n" PROCESS ": %s\n", rows[i].text);
        CU_ASSERT_EQUAL(yaml(text), WEIR_OK);
        check_is(FLINKKEY_TM_PROCESS, rows[i].value);
        CU_ASSERT_EQUAL(conf.values[FLINKKEY_TM_PROCESS].type, rows[i].type);
        CU_ASSERT_EQUAL(conf.values[FLINKKEY_TM_PROCESS].line, 2);
    }
}

static void yaml_refuses_what_flink_refuses_and_keeps_nothing(void)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        { "x:", "line 2: a key without a value" },
        { "x: ~", "line 2: a key without a value" },
        { "a:\n  b: null", "line 3: a key without a value" },
        { "1: x", "line 2: a key that is not a string" },
        { "true: x", "line 2: a key that is not a string" },
        { "? [a]\n: x", "line 2: a key that is not a string" },
        { PROCESS ": 2g", "line 2: the same key twice in one mapping" },
        { "a: {b: 1, b: 2}", "line 2: the same key twice in one mapping" },
        { "l: [{1: x, 1: y}]", "line 2: the same key twice in one mapping" },
        { "---\nb: 2", "line 2: a second document" },
        { "tab:\tx", "line 2: a tab where only blanks may stand" },
        { "q: \"x\"\t# c", "line 2: a tab where only blanks may stand" },
        { "x: !foo y", "line 2: a tag that Flink's parser does not take here" },
        { "x: !!map y", "line 2: a tag that Flink's parser does not take here" },
        { "x: *nowhere", "line 2: an alias without its anchor" },
        { "x: &r {a: *r}", "line 2: a mapping that contains itself" },
        { "x: +.inf", "line 2: a number that Flink's parser cannot convert" },
        { "x: !!int abc", "line 2: a number that Flink's parser cannot convert" },
        { "taskmanager.memory.managed.size:1g", "" },
        { "x: [1", "" },
        { "x: 'y", "" },
        { "x: \1", "" },
        { "x: \xff", "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, PROCESS ": 1g\n%s\n", rows[i].text);
        CU_ASSERT_EQUAL(yaml(text), WEIR_EINVAL);
        check_is(FLINKKEY_TM_PROCESS, NULL);
        CU_ASSERT_TRUE(err.len > 0);
        if (rows[i].why[0] != '\0')
            CU_ASSERT_STRING_EQUAL(err_text, rows[i].why);
    }
    CU_ASSERT_EQUAL(yaml("- item"), WEIR_EINVAL);
    CU_ASSERT_EQUAL(yaml("plain"), WEIR_EINVAL);
    CU_ASSERT_EQUAL(yaml("*a : 1"), WEIR_EINVAL);
}

static void yaml_takes_what_looks_wrong_but_is_not(void)
{
    static const char *const texts[] = {
        "",
        "# only a comment\n",
        "---\n",
        "{}",
        "~",
        "a: {}\nb: []",
        "null: x",
        "~: x",
        "l: [{1: a}]",
        "x: &a [*a]",
        "a.b: 1\na:\n  b: 2",
        "x: y\t# a tab behind a plain scalar",
        "x: \"a\tb\"",
        "x: |\n  y\n  \tz",
        "# \t\nx: 1",
        "%YAML 1.2\n---\nx: 1",
        "<<: {a: 1}",
        "x: !!set {a, b}",
        "x: !!binary aGk=",
        "\"a\": 1\n'b': 2",
        "x:\n- 1\n- 2",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        enum weir_rc rc = yaml(texts[i]);
        if (rc != WEIR_OK)
            fprintf(stderr, "'%s' is refused: %s\n", texts[i], err_text);
        CU_ASSERT_EQUAL(rc, WEIR_OK);
    }
}

static void yaml_that_multiplies_itself_is_refused(void)
{
    char   text[4096] = "a0: &a0 {x: 1}\n";
    size_t n = strlen(text);
    for (int i = 1; i < 26; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "a%d: &a%d {p: *a%d, q: *a%d}\n", i, i,
                              i - 1, i - 1);
    CU_ASSERT_EQUAL(yaml(text), WEIR_EINVAL);
    memset(text, '[', 3000);
    text[3000] = '\0';
    CU_ASSERT_EQUAL(yaml(text), WEIR_EINVAL);
    CU_ASSERT_STRING_EQUAL(err_text, "line 1: nested too deeply");
}

static void only_known_keys_are_kept(void)
{
    static const char secret[] =
        "s3.secret-key: hunter2\n" PROCESS ": 1g\nsecurity.password: hunter2\n";
    for (int standard = 0; standard < 2; standard++) {
        if (standard) {
            CU_ASSERT_EQUAL(yaml(secret), WEIR_OK);
        } else {
            legacy(secret);
        }
        CU_ASSERT_FALSE(flinkconf_set_dynamic(&conf, "s3.secret-key=hunter2"));
        CU_ASSERT_FALSE(flinkconf_set_dynamic(&conf, "FLINK_TM_HEAP=hunter2"));
        const unsigned char *bytes = (const unsigned char *)&conf;
        for (size_t i = 0; i + 7 <= sizeof conf; i++)
            if (memcmp(bytes + i, "hunter2", 7) == 0)
                CU_FAIL("a secret was kept");
        check_is(FLINKKEY_TM_PROCESS, "1g");
    }
}

static void a_value_beyond_the_cap_is_kept_as_unparsable(void)
{
    static char text[2000];
    memset(text, '0', sizeof text);
    memcpy(text, PROCESS ": ", strlen(PROCESS ": "));
    text[sizeof text - 1] = '\0';
    legacy(text);
    CU_ASSERT_TRUE(conf.values[FLINKKEY_TM_PROCESS].too_long);
    CU_ASSERT_EQUAL(strlen(conf.values[FLINKKEY_TM_PROCESS].text), FLINKCONF_TEXT_CAP - 1);
    CU_ASSERT_EQUAL(yaml(text), WEIR_OK);
    CU_ASSERT_TRUE(conf.values[FLINKKEY_TM_PROCESS].type == FLINKCONF_INT);
}

static unsigned from_args(const char *const *argv, char *dir, size_t cap)
{
    struct buf b;
    int        argc = 0;
    while (argv[argc] != NULL)
        argc++;
    setup();
    buf_init(&b, dir, cap);
    return flinkconf_from_args(&conf, argc, argv, &b);
}

static void arguments_are_read_as_commons_cli_does(void)
{
    static const struct {
        const char *argv[8], *process, *dir;
    } rows[] = {
        { { "-D", PROCESS "=1g" }, "1g", "" },
        { { "-D" PROCESS "=1g" }, "1g", "" },
        { { "-D", PROCESS "=a=b" }, "a=b", "" },
        { { "-D" PROCESS }, "true", "" },
        { { "-D", PROCESS, "1g" }, "1g", "" },
        { { "-D", PROCESS, "-D", "x=y" }, "true", "" },
        { { "-D", PROCESS "=1g", "-D", PROCESS "=2g" }, "2g", "" },
        { { "-D", PROCESS "=" }, "", "" },
        { { "-D", "\"" PROCESS "=1g\"" }, "1g", "" },
        { { "--configDir", "/etc/flink", "-D", PROCESS "=1g" }, "1g", "/etc/flink" },
        { { "-c", "/a", "-c", "/b" }, NULL, "/b" },
        { { "--configDir=/a" }, NULL, "/a" },
        { { "-c/a" }, NULL, "/a" },
        { { "--host", "h", "-D", PROCESS "=1g" }, "1g", "" },
        { { "--executionMode", "cluster", "-D", PROCESS "=1g" }, "1g", "" },
        { { "word", "-D", PROCESS "=1g" }, NULL, "" },
        { { "-D", PROCESS "=1g", "word", "-D", PROCESS "=2g" }, "1g", "" },
        { { "--", "-D", PROCESS "=1g" }, NULL, "" },
        { { "--unknown", "-D", PROCESS "=1g" }, NULL, "" },
        { { "-D", PROCESS, "--unknown" }, "--unknown", "" },
        { { "-D" }, NULL, "" },
        { { "-" }, NULL, "" },
        { { NULL }, NULL, "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char     dir[64];
        unsigned known = from_args(rows[i].argv, dir, sizeof dir);
        check_is(FLINKKEY_TM_PROCESS, rows[i].process);
        CU_ASSERT_STRING_EQUAL(dir, rows[i].dir);
        CU_ASSERT_EQUAL(known > 0, rows[i].process != NULL);
    }
}

static void an_option_falls_back_to_its_deprecated_name(void)
{
    enum flinkkey used = FLINKKEY_NONE;
    legacy("taskmanager.network.memory.min: 1m");
    CU_ASSERT_PTR_NULL(flinkconf_get(&conf, FLINKKEY_TM_NETWORK_MIN));
    CU_ASSERT_PTR_NOT_NULL(flinkconf_option(&conf, FLINKKEY_TM_NETWORK_MIN, &used));
    CU_ASSERT_EQUAL(used, FLINKKEY_TM_OLD_NETWORK_MIN);
    (void)flinkconf_set_dynamic(&conf, "taskmanager.memory.network.min=bad");
    (void)flinkconf_option(&conf, FLINKKEY_TM_NETWORK_MIN, &used);
    CU_ASSERT_EQUAL(used, FLINKKEY_TM_NETWORK_MIN); /* presence decides, validity does not */
    CU_ASSERT_PTR_NULL(flinkconf_option(&conf, FLINKKEY_TM_PROCESS, NULL));
}

static void booleans_are_words_in_any_case(void)
{
    CU_ASSERT_TRUE(flinkconf_bool(&conf, FLINKKEY_TM_EXIT_ON_OOM, true));
    CU_ASSERT_FALSE(flinkconf_bool(&conf, FLINKKEY_TM_EXIT_ON_OOM, false));
    legacy("taskmanager.jvm-exit-on-oom: TRUE");
    CU_ASSERT_TRUE(flinkconf_bool(&conf, FLINKKEY_TM_EXIT_ON_OOM, false));
    legacy("taskmanager.jvm-exit-on-oom: False");
    CU_ASSERT_FALSE(flinkconf_bool(&conf, FLINKKEY_TM_EXIT_ON_OOM, true));
    legacy("taskmanager.jvm-exit-on-oom: yes");
    CU_ASSERT_TRUE(flinkconf_bool(&conf, FLINKKEY_TM_EXIT_ON_OOM, true));
    CU_ASSERT_FALSE(flinkconf_bool(&conf, FLINKKEY_TM_EXIT_ON_OOM, false));
}

#define OFF_HEAP "taskmanager.memory.task.off-heap.size"

static void declared_is_what_a_person_wrote(void)
{
    static const struct {
        const char   *file; /* NULL: could not be read */
        const char   *argv[6];
        enum flinkkey key;
        bool          declared;
    } rows[] = {
        { "", { "-D", OFF_HEAP "=0b" }, FLINKKEY_TM_TASK_OFF_HEAP, false },
        { NULL, { "-D", OFF_HEAP "=0b" }, FLINKKEY_TM_TASK_OFF_HEAP, false },
        { OFF_HEAP ": 0", { "-D", OFF_HEAP "=0b" }, FLINKKEY_TM_TASK_OFF_HEAP, true },
        { NULL, { "-D", OFF_HEAP "=33554432b" }, FLINKKEY_TM_TASK_OFF_HEAP, true },
        { NULL, { "-D", OFF_HEAP "=32m" }, FLINKKEY_TM_TASK_OFF_HEAP, true },
        { "", { "-D", OFF_HEAP "=0b", "-D", OFF_HEAP "=0b" }, FLINKKEY_TM_TASK_OFF_HEAP, true },
        { "", { NULL }, FLINKKEY_TM_TASK_OFF_HEAP, false },
        { "",
          { "-D", "taskmanager.memory.managed.size=536870920b" },
          FLINKKEY_TM_MANAGED_SIZE,
          false },
        { "taskmanager.memory.size: 512m",
          { "-D", "taskmanager.memory.managed.size=536870912b" },
          FLINKKEY_TM_MANAGED_SIZE,
          true },
        { "",
          { "-D", "taskmanager.memory.managed.fraction=0.4" },
          FLINKKEY_TM_MANAGED_FRACTION,
          true },
        { "", { "-D", PROCESS "=1728m" }, FLINKKEY_TM_PROCESS, true },
        { "", { "-D", "taskmanager.network.memory.min=1b" }, FLINKKEY_TM_NETWORK_MIN, true },
        { "", { "-D", "taskmanager.cpu.cores=1.0" }, FLINKKEY_TM_CPU_CORES, false },
        { "", { "-D", "jobmanager.memory.off-heap.size=134217728b" }, FLINKKEY_JM_OFF_HEAP, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int argc = 0;
        while (argc < 6 && rows[i].argv[argc] != NULL)
            argc++;
        legacy(rows[i].file != NULL ? rows[i].file : "");
        (void)flinkconf_from_args(&args, argc, rows[i].argv, NULL);
        CU_ASSERT_EQUAL(flinkconf_declared(rows[i].file != NULL ? &conf : NULL, &args, rows[i].key),
                        rows[i].declared);
    }
    flinkconf_set_env(&conf, FLINKKEY_ENV_JM_HEAP, "");
    CU_ASSERT_TRUE(flinkconf_declared(&conf, NULL, FLINKKEY_ENV_JM_HEAP));
    flinkconf_set_env(&args, FLINKKEY_ENV_TM_HEAP, NULL);
    CU_ASSERT_FALSE(flinkconf_declared(NULL, &args, FLINKKEY_ENV_TM_HEAP));
}

static void versions_are_read(void)
{
    static const struct {
        const char          *text;
        enum weir_rc         rc;
        struct flink_version v;
    } rows[] = {
        { "1.20.4", WEIR_OK, { 1, 20, 4 } },
        { "1.20", WEIR_OK, { 1, 20, -1 } },
        { "2.3.0", WEIR_OK, { 2, 3, 0 } },
        { "2.4-SNAPSHOT", WEIR_OK, { 2, 4, -1 } },
        { "1.19.1-vendor2", WEIR_OK, { 1, 19, 1 } },
        { "1", WEIR_EINVAL, { 0, 0, 0 } },
        { "", WEIR_EINVAL, { 0, 0, 0 } },
        { "1.", WEIR_EINVAL, { 0, 0, 0 } },
        { "1.2.", WEIR_EINVAL, { 0, 0, 0 } },
        { "v1.2", WEIR_EINVAL, { 0, 0, 0 } },
        { "1.2x", WEIR_EINVAL, { 0, 0, 0 } },
        { "1.2345", WEIR_EINVAL, { 0, 0, 0 } },
        { "1.2.3.4", WEIR_EINVAL, { 0, 0, 0 } },
        { "-1.2", WEIR_EINVAL, { 0, 0, 0 } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct flink_version v = { 0, 0, 0 };
        CU_ASSERT_EQUAL(flink_version_parse(rows[i].text, &v), rows[i].rc);
        CU_ASSERT_TRUE(v.major == rows[i].v.major && v.minor == rows[i].v.minor &&
                       v.patch == rows[i].v.patch);
    }
    CU_ASSERT_FALSE(flink_version_supported((struct flink_version){ 1, 9, 3 }));
    CU_ASSERT_TRUE(flink_version_supported((struct flink_version){ 1, 10, 0 }));
    CU_ASSERT_TRUE(flink_version_supported(FLINK_VERSION_NEWEST));
    CU_ASSERT_FALSE(flink_version_supported((struct flink_version){ 3, 0, 0 }));
}

static void the_version_decides_which_file_is_read(void)
{
    static const struct {
        int                 minor, major;
        bool                legacy, standard;
        enum flinkconf_file file;
    } rows[] = {
        { 10, 1, true, true, FLINKCONF_LEGACY_FILE },
        { 18, 1, false, true, FLINKCONF_NO_FILE },
        { 19, 1, true, true, FLINKCONF_LEGACY_FILE },
        { 20, 1, false, true, FLINKCONF_STANDARD_FILE },
        { 20, 1, true, false, FLINKCONF_LEGACY_FILE },
        { 0, 2, true, true, FLINKCONF_STANDARD_FILE },
        { 0, 2, true, false, FLINKCONF_NO_FILE },
        { 3, 2, false, false, FLINKCONF_NO_FILE },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct flink_version v = { rows[i].major, rows[i].minor, -1 };
        CU_ASSERT_EQUAL(flinkconf_file_for(v, rows[i].legacy, rows[i].standard), rows[i].file);
    }
    struct flink_version old = { 1, 17, -1 }, new = { 1, 20, -1 };
    CU_ASSERT_EQUAL(flinkconf_file_of_name(old, "prod.yaml"), FLINKCONF_LEGACY_FILE);
    CU_ASSERT_EQUAL(flinkconf_file_of_name(new, "prod.yaml"), FLINKCONF_STANDARD_FILE);
    CU_ASSERT_EQUAL(flinkconf_file_of_name(new, "flink-conf.yaml"), FLINKCONF_LEGACY_FILE);
    CU_ASSERT_STRING_EQUAL(flinkconf_file_name(FLINKCONF_LEGACY_FILE), "flink-conf.yaml");
    CU_ASSERT_STRING_EQUAL(flinkconf_file_name(FLINKCONF_STANDARD_FILE), "config.yaml");
    CU_ASSERT_STRING_EQUAL(flinkconf_file_name(FLINKCONF_NO_FILE), "");
}

/* xorshift: the same damage in every run. */
static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static size_t damage(char *text, size_t n, size_t cap, uint32_t *state)
{
    static const char marks[] = "\0\1 \n\r\t:#-?[]{},&*!|>'\"%@`~.0aZ\\=\xff\xc3\xef";
    for (uint32_t i = 1 + next_random(state) % 6; i > 0; i--) {
        size_t at = next_random(state) % (n + 1);
        if (next_random(state) % 3 == 0 && at < n) {
            memmove(text + at, text + at + 1, n - at - 1);
            n--;
        } else if (n < cap) {
            memmove(text + at + 1, text + at, n - at);
            text[at] = marks[next_random(state) % (sizeof marks - 1)];
            n++;
        }
    }
    return n;
}

static void check_sound(const struct flinkconf *c)
{
    for (int i = 0; i < FLINKKEY_COUNT; i++)
        CU_ASSERT_PTR_NOT_NULL(memchr(c->values[i].text, '\0', FLINKCONF_TEXT_CAP));
}

/* Whatever stands in a file: an answer, sound values, no read or write out of bounds (with asan). */
static void damaged_files_do_no_harm(void)
{
    static const char start[] =
        "taskmanager:\n  memory: {process: {size: &p \"17\\x32m\"}, flink.size: 1280m}\n"
        "  memory.managed.fraction: 0.4 # c\nlist:\n- *p\n- [a, {b: !!int 0x1F}]\n"
        "text: |+2\n    block\n'q': >-\n  folded\n...\n";
    uint32_t state = 2463534242u;
    unsigned fine = 0, runs = 20000;
    for (unsigned i = 0; i < runs; i++) {
        char   text[512];
        size_t n = strlen(start);
        memcpy(text, start, sizeof start);
        n = damage(text, n, sizeof text, &state);
        setup();
        enum weir_rc rc = flinkconf_load_yaml(&conf, text, n, &err);
        CU_ASSERT_TRUE_FATAL(rc == WEIR_OK || rc == WEIR_EINVAL);
        CU_ASSERT_TRUE_FATAL((rc == WEIR_OK) == (err.len == 0));
        fine += rc == WEIR_OK;
        flinkconf_load_legacy(&conf, text, n, NULL);
        if (i % 64 == 0)
            check_sound(&conf);
    }
    CU_ASSERT_TRUE(fine > runs / 50 && fine < runs); /* the damage is neither fatal nor void */
}

static void damaged_arguments_do_no_harm(void)
{
    static const char start[] =
        "-D\n" PROCESS "=1g\n-D" OFF_HEAP "=0b\n--configDir\n/etc\n-c/x\n-D\nkey";
    uint32_t state = 88172645u;
    for (unsigned i = 0; i < 20000; i++) {
        char        text[256];
        const char *argv[64];
        size_t      n =
            damage(memcpy(text, start, sizeof start), strlen(start), sizeof text - 1, &state);
        int argc = 0;
        text[n] = '\0';
        for (char *p = strtok(text, "\n"); p != NULL && argc < 64; p = strtok(NULL, "\n"))
            argv[argc++] = p;
        setup();
        (void)flinkconf_from_args(&conf, argc, argv, &err);
        if (i % 64 == 0)
            check_sound(&conf);
    }
}

SUITE(flinkconf, setup, NULL, CASE(key_names_are_found_and_environment_names_are_not),
      CASE(legacy_splits_lines_as_flink_does),
      CASE(legacy_counts_ignored_lines_and_keeps_line_numbers),
      CASE(yaml_reads_every_shape_of_a_key), CASE(yaml_types_plain_scalars_by_the_core_schema),
      CASE(yaml_refuses_what_flink_refuses_and_keeps_nothing),
      CASE(yaml_takes_what_looks_wrong_but_is_not), CASE(yaml_that_multiplies_itself_is_refused),
      CASE(only_known_keys_are_kept), CASE(a_value_beyond_the_cap_is_kept_as_unparsable),
      CASE(arguments_are_read_as_commons_cli_does),
      CASE(an_option_falls_back_to_its_deprecated_name), CASE(booleans_are_words_in_any_case),
      CASE(declared_is_what_a_person_wrote), CASE(versions_are_read),
      CASE(the_version_decides_which_file_is_read), CASE(damaged_files_do_no_harm),
      CASE(damaged_arguments_do_no_harm));

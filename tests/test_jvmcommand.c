/* SPDX-License-Identifier: Apache-2.0 */
/* test_jvmcommand.c: command lines as Flink's scripts, jar launchers and modules give them. */
#include "model/jvmcommand.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "suite.h"

static struct jvmcommand c;
static char              text[4096];

static void setup(void)
{
    memset(&c, 0, sizeof c);
}

/* Words apart by one blank; '_' stands for a blank inside a word. */
static void parse(const char *line)
{
    size_t len = strlen(line);
    memcpy(text, line, len + 1);
    for (size_t i = 0; i < len; i++)
        text[i] = line[i] == ' ' ? '\0' : line[i] == '_' ? ' ' : line[i];
    memset(&c, 0, sizeof c);
    jvmcommand_parse(&c, text, len + 1);
}

static void main_class_is_the_first_word_that_is_no_option(void)
{
    static const char *const cases[][2] = {
        { "java -Xmx1g -cp a:b org.X arg -XX:+Y", "org.X" },
        { "/opt/java/bin/java -XX:+UseG1GC -Dlog.file=/a_b/c -classpath /lib/*:x "
          "org.apache.flink.T -D k=v",
          "org.apache.flink.T" },
        { "java -jar /a/app.jar x", "/a/app.jar" },
        { "java -Xmx1g -jar -odd.jar", "-odd.jar" },
        { "java --add-opens java.base/java.lang=ALL-UNNAMED --add-opens=a/b=c -p mods M", "M" },
        { "java --class-path x -m mod/pkg.Main a", "pkg.Main" },
        { "java --module=mod/pkg.Main a", "pkg.Main" },
        { "java -m mod", "mod" },
        { "java @args Main", "Main" },
        { "java -agentpath:/x/libweir.so=mode=warn Main", "Main" },
        { "java -cp", "" },
        { "java -jar", "" },
        { "java -version", "" },
        { "java", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        parse(cases[i][0]);
        CU_ASSERT_STRING_EQUAL(c.main, cases[i][1]);
    }
}

static void an_empty_or_unended_text_gives_nothing(void)
{
    text[0] = '\0';
    jvmcommand_parse(&c, text, 0);
    CU_ASSERT_STRING_EQUAL(c.main, "");
    memcpy(text, "java\0-cp\0x", 11);
    jvmcommand_parse(&c, text, 10);
    CU_ASSERT_STRING_EQUAL(c.main, "");
    memset(&c, 0, sizeof c);
    memcpy(text, "java\0Ma", 8);
    jvmcommand_parse(&c, text, 7);
    CU_ASSERT_STRING_EQUAL(c.main, "Ma");
}

static void a_long_class_is_cut(void)
{
    memcpy(text, "java", 5);
    memset(text + 5, 'm', 1000);
    text[1005] = '\0';
    jvmcommand_parse(&c, text, 1006);
    CU_ASSERT_EQUAL(strlen(c.main), JVMCOMMAND_MAIN_MAX - 1);
}

static void the_last_flag_decides_and_the_programs_own_words_do_not_count(void)
{
    parse("java -XX:+DisableAttachMechanism Main");
    CU_ASSERT_TRUE(c.no_attach);
    parse("java -XX:+DisableAttachMechanism -XX:-DisableAttachMechanism Main");
    CU_ASSERT_FALSE(c.no_attach);
    parse("java -Xrs Main");
    CU_ASSERT_TRUE(c.reduced_signals);
    parse("java Main -XX:+DisableAttachMechanism -Xrs");
    CU_ASSERT_FALSE(c.no_attach || c.reduced_signals);
    parse("java -cp -XX:+DisableAttachMechanism Main");
    CU_ASSERT_FALSE(c.no_attach);
}

static void options_texts_set_flags(void)
{
    jvmcommand_options(&c, "  -Xmx1g\t'-XX:+DisableAttachMechanism'\n");
    CU_ASSERT_TRUE(c.no_attach);
    jvmcommand_options(&c, "-XX:-DisableAttachMechanism");
    CU_ASSERT_FALSE(c.no_attach);
    jvmcommand_options(&c, "+DisableAttachMechanism"); /* a line of -XX:Flags=FILE */
    CU_ASSERT_TRUE(c.no_attach);
    memset(&c, 0, sizeof c);
    jvmcommand_options(&c, "");
    jvmcommand_options(&c, "   ");
    jvmcommand_options(
        &c,
        "-XX:+"
        "DisableAttachMechanismXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX");
    jvmcommand_options(&c, "-XX:Flags=x");
    CU_ASSERT_FALSE(c.no_attach);
    CU_ASSERT_EQUAL(c.file_count, 0);
}

static void files_of_further_options_are_named(void)
{
    parse("java @a.args -XX:Flags=/f -XX:VMOptionsFile=v @ @4 @5 Main @no");
    CU_ASSERT_EQUAL_FATAL(c.file_count, 4);
    CU_ASSERT_STRING_EQUAL(c.files[0], "a.args");
    CU_ASSERT_STRING_EQUAL(c.files[1], "/f");
    CU_ASSERT_STRING_EQUAL(c.files[2], "v");
    CU_ASSERT_STRING_EQUAL(c.files[3], "4");
}

static void java_command_of_the_counters_replaces_main(void)
{
    static const char *const cases[][2] = { { "org.X a b", "org.X" },
                                            { "/a/b.jar x", "/a/b.jar" },
                                            { "lib/b.jar", "lib/b.jar" },
                                            { "mod/pkg.Main x/y", "pkg.Main" },
                                            { "Main", "Main" },
                                            { "", "old" },
                                            { " x", "old" },
                                            { "mod/", "mod/" } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        strcpy(c.main, "old");
        jvmcommand_java(&c, cases[i][0]);
        CU_ASSERT_STRING_EQUAL(c.main, cases[i][1]);
    }
}

static void a_class_is_asked_for_by_its_end(void)
{
    CU_ASSERT_TRUE(jvmcommand_is("a.b.Main", "Main"));
    CU_ASSERT_TRUE(jvmcommand_is("a.b.Main", "b.Main"));
    CU_ASSERT_TRUE(jvmcommand_is("a.b.Main", ".Main"));
    CU_ASSERT_TRUE(jvmcommand_is("a.b.Main", "a.b.Main"));
    CU_ASSERT_TRUE(jvmcommand_is("/x/app.jar", "app.jar"));
    CU_ASSERT_FALSE(jvmcommand_is("a.b.XMain", "Main"));
    CU_ASSERT_FALSE(jvmcommand_is("a.b.Main", ""));
    CU_ASSERT_FALSE(jvmcommand_is("", "Main"));
    CU_ASSERT_FALSE(jvmcommand_is("Main", "a.Main"));
}

static void short_names_are_what_people_say(void)
{
    CU_ASSERT_STRING_EQUAL(jvmcommand_short("a.b.Main"), "Main");
    CU_ASSERT_STRING_EQUAL(jvmcommand_short("/x/my.app.jar"), "my.app.jar");
    CU_ASSERT_STRING_EQUAL(jvmcommand_short("app.jar"), "app.jar");
    CU_ASSERT_STRING_EQUAL(jvmcommand_short("Main"), "Main");
    CU_ASSERT_STRING_EQUAL(jvmcommand_short("a."), "a.");
    CU_ASSERT_STRING_EQUAL(jvmcommand_short(""), "");
}

SUITE(jvmcommand, setup, NULL, CASE(main_class_is_the_first_word_that_is_no_option),
      CASE(an_empty_or_unended_text_gives_nothing), CASE(a_long_class_is_cut),
      CASE(the_last_flag_decides_and_the_programs_own_words_do_not_count),
      CASE(options_texts_set_flags), CASE(files_of_further_options_are_named),
      CASE(java_command_of_the_counters_replaces_main),
      CASE(a_class_is_asked_for_by_its_end), CASE(short_names_are_what_people_say));

/* SPDX-License-Identifier: Apache-2.0 */
/* jvmcommand.c: the main class is the first word that is no option, nor the value of an option that takes one from the next
 * word; those are the launcher's (java.c: IsWhiteSpaceOption and its -cp, --source, -d). Options count up to there; what
 * follows belongs to the program. */
#include "model/jvmcommand.h"

#include <stdint.h>
#include <string.h>

#include "base/poison.h"

static const char *const with_value[] = {
    "-cp",
    "-classpath",
    "--class-path",
    "-p",
    "--module-path",
    "--upgrade-module-path",
    "--add-modules",
    "--limit-modules",
    "--add-exports",
    "--add-opens",
    "--add-reads",
    "--patch-module",
    "--enable-native-access",
    "--source",
    "-d",
    "--describe-module",
};

static bool begins(const char *word, const char *with)
{
    return strncmp(word, with, strlen(with)) == 0;
}

static bool ends(const char *word, const char *with)
{
    size_t n = strlen(word), w = strlen(with);
    return n >= w && strcmp(word + n - w, with) == 0;
}

static void add_file(struct jvmcommand *c, const char *file)
{
    if (*file != '\0' && c->file_count < JVMCOMMAND_FILES_MAX)
        c->files[c->file_count++] = file;
}

static void take_flag(struct jvmcommand *c, const char *word)
{
    static const char flags[] = "-XX:Flags=", options[] = "-XX:VMOptionsFile=";
    if (strcmp(word, "-XX:+DisableAttachMechanism") == 0)
        c->no_attach = true;
    else if (strcmp(word, "-XX:-DisableAttachMechanism") == 0)
        c->no_attach = false;
    else if (strcmp(word, "-Xrs") == 0 || strcmp(word, "-XX:+ReduceSignalUsage") == 0)
        c->reduced_signals = true;
    else if (begins(word, flags))
        add_file(c, word + sizeof flags - 1);
    else if (begins(word, options))
        add_file(c, word + sizeof options - 1);
}

static bool takes_value(const char *word)
{
    for (size_t i = 0; i < sizeof with_value / sizeof with_value[0]; i++)
        if (strcmp(word, with_value[i]) == 0)
            return true;
    return false;
}

static void set_main(struct jvmcommand *c, const char *name, size_t len)
{
    size_t n = len < sizeof c->main ? len : sizeof c->main - 1;
    memcpy(c->main, name, n);
    c->main[n] = '\0';
}

/* MODULE/CLASS: the class, else the module. */
static void set_module(struct jvmcommand *c, const char *name)
{
    const char *slash = strchr(name, '/');
    name = slash != NULL && slash[1] != '\0' ? slash + 1 : name;
    set_main(c, name, strlen(name));
}

void jvmcommand_parse(struct jvmcommand *c, const char *text, size_t len)
{
    const char *end = text + len;
    bool        jar = false, module = false;
    for (const char *word = text + strlen(text) + 1; word < end; word += strlen(word) + 1) {
        if (jar || (*word != '-' && *word != '@')) {
            if (module)
                set_module(c, word);
            else
                set_main(c, word, strlen(word));
            return;
        }
        if (*word == '@')
            add_file(c, word + 1);
        else if (strcmp(word, "-jar") == 0)
            jar = true;
        else if (strcmp(word, "-m") == 0 || strcmp(word, "--module") == 0)
            jar = module = true;
        else if (begins(word, "--module=")) {
            set_module(c, word + strlen("--module="));
            return;
        } else if (takes_value(word))
            word += strlen(word) + 1;
        else
            take_flag(c, word);
        if (word >= end)
            return;
    }
}

/* A flags file writes +Name; an options text -XX:+Name. Quotes may stand around either. */
void jvmcommand_options(struct jvmcommand *c, const char *text)
{
    static const char blanks[] = " \t\r\n\f\"'";
    for (text += strspn(text, blanks); *text != '\0'; text += strspn(text, blanks)) {
        char   word[64] = "-XX:";
        size_t n = strcspn(text, blanks), at = *text == '+' ? 4 : 0;
        if (n < sizeof word - at) {
            memcpy(word + at, text, n);
            word[at + n] = '\0';
            if (!begins(word, "-XX:Flags=") && !begins(word, "-XX:VMOptionsFile="))
                take_flag(c, word); /* those would point into the local word */
        }
        text += n;
    }
}

void jvmcommand_java(struct jvmcommand *c, const char *command)
{
    size_t      n = strcspn(command, " ");
    const char *slash = memchr(command, '/', n);
    bool        jar = n > 4 && memcmp(command + n - 4, ".jar", 4) == 0;
    if (n == 0)
        return;
    if (slash != NULL && slash != command && !jar && slash + 1 < command + n)
        set_main(c, slash + 1, n - (size_t)(slash + 1 - command)); /* MODULE/CLASS */
    else
        set_main(c, command, n);
}

bool jvmcommand_is(const char *main_class, const char *wanted)
{
    size_t n = strlen(main_class), w = strlen(wanted);
    if (w == 0 || !ends(main_class, wanted))
        return false;
    return n == w || wanted[0] == '.' || main_class[n - w - 1] == '.' ||
           main_class[n - w - 1] == '/';
}

const char *jvmcommand_short(const char *main_class)
{
    const char *slash = strrchr(main_class, '/');
    const char *name = slash != NULL ? slash + 1 : main_class;
    const char *dot = strrchr(name, '.');
    return slash == NULL && dot != NULL && dot[1] != '\0' && !ends(name, ".jar") ? dot + 1 : name;
}

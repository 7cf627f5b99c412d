/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_JVMCOMMAND_H
#define MODEL_JVMCOMMAND_H
/* What a JVM's command line says of it: main class, and the flags an attach depends on. */
#include <stdbool.h>
#include <stddef.h>


enum { JVMCOMMAND_MAIN_MAX = 256, JVMCOMMAND_FILES_MAX = 4 };

struct jvmcommand {
    char main[JVMCOMMAND_MAIN_MAX]; /* class, or the jar's path; "" = not found */
    bool no_attach;                 /* -XX:+DisableAttachMechanism, the last one decides */
    bool reduced_signals;           /* -Xrs: SIGQUIT would end it */
    /* Files that hold further options (@FILE, -XX:Flags=, -XX:VMOptionsFile=), pointing into the text. */
    const char *files[JVMCOMMAND_FILES_MAX];
    size_t      file_count;
};

/* text: /proc/PID/cmdline, words that each end in NUL; text[len] must be NUL. Start from zeroes. The first word is the
 * program's name. */
void jvmcommand_parse(struct jvmcommand *c, const char *text, size_t len);
/* Options apart by blanks: JAVA_TOOL_OPTIONS and its like, an @FILE, the lines of a flags file. Sets flags only. */
void jvmcommand_options(struct jvmcommand *c, const char *text);
/* sun.rt.javaCommand: "MAIN ARGUMENT ...". Replaces main. */
void jvmcommand_java(struct jvmcommand *c, const char *command);
/* Is it the class asked for: the same, or its end after a '.' or '/'? */
bool jvmcommand_is(const char *main_class, const char *wanted);
/* What a person calls it: the last part of a class's or a jar's name. */
const char *jvmcommand_short(const char *main_class);

#endif

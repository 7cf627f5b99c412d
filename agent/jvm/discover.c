/* SPDX-License-Identifier: Apache-2.0 */
/* discover.c: sun.java.command names main class and arguments, but blank-joined; /proc/self/cmdline has them apart, but with
 * the launcher's own options before. So: the suffix of the command line that, joined by blanks, is sun.java.command. */
#include "jvm/discover.h"

#include <string.h>

#include "base/sysfs.h"
#include "jvm/env.h"
#include "jvm/vmflags.h"
#include "model/flinkmain.h"

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* "-javaagent:/path/x.jar=options": the jar's file name. */
static void note_agent(struct discover *d, const char *token)
{
    static const char prefix[] = "-javaagent:";
    size_t used = 0;
    while (d->agents[used] != NULL)
        used++;
    if (strncmp(token, prefix, sizeof prefix - 1) != 0 || used == DISCOVER_AGENTS)
        return;
    char *name = d->agent_names[used];
    const char *file = file_name(token + sizeof prefix - 1);
    size_t n = strcspn(file, "=");
    n = n < sizeof d->agent_names[0] ? n : sizeof d->agent_names[0] - 1;
    memcpy(name, file, n);
    name[n] = '\0';
    d->agents[used] = name;
}

/* Do the tokens from `at` on, joined by blanks, spell `command`? */
static bool spells(const char *at, const char *end, const char *command)
{
    for (; at < end; at += strlen(at) + 1) {
        size_t n = strlen(at);
        if (strncmp(command, at, n) != 0)
            return false;
        command += n;
        if (at + n + 1 >= end)
            return *command == '\0';
        if (*command++ != ' ')
            return false;
    }
    return false;
}

static void take_args(struct discover *d, char *at, const char *end)
{
    for (at += strlen(at) + 1; at < end && d->argc < DISCOVER_ARGS; at += strlen(at) + 1)
        d->argv[d->argc++] = at;
    d->cut = at < end;
}

static void read_cmdline(struct discover *d, const char *command)
{
    size_t len = 0;
    if (sysfs_read("/proc/self/cmdline", d->text, sizeof d->text, &len) != WEIR_OK)
        return;
    const char *end = d->text + len;
    for (char *at = d->text; at < end; at += strlen(at) + 1) {
        if (spells(at, end, command)) {
            take_args(d, at, end);
            return;
        }
    }
}

/* The command line does not hold the arguments (JDK_JAVA_OPTIONS, @files): split at blanks, which is right unless an
 * argument itself holds one. */
static void split_command(struct discover *d, const char *command)
{
    memcpy(d->text, command, sizeof d->text); /* both are DISCOVER_TEXT bytes */
    char *save = NULL, *token;
    strtok_r(d->text, " ", &save);
    while ((token = strtok_r(NULL, " ", &save)) != NULL && d->argc < DISCOVER_ARGS)
        d->argv[d->argc++] = token;
    d->cut = d->cut || token != NULL;
}

/* "flink-dist-1.20.5.jar", "flink-runtime_2.12-1.13.6.jar": version and name, from one entry of the class path. */
static bool flink_jar(struct discover *d, const char *entry, size_t len)
{
    static const char *const stems[] = { "flink-dist", "flink-runtime" };
    for (size_t i = 0; i < sizeof stems / sizeof stems[0]; i++) {
        size_t n = strlen(stems[i]);
        if (len < n + 6 || strncmp(entry, stems[i], n) != 0 || strncmp(entry + len - 4, ".jar", 4) != 0)
            continue;
        const char *v = entry + n, *end = entry + len - 4;
        if (*v == '_') /* Scala version */
            v += strcspn(v, "-");
        if (v + 1 >= end || *v != '-' || v[1] < '0' || v[1] > '9' || (size_t)(end - v) > sizeof d->flink ||
            len >= sizeof d->runtime_jar)
            continue;
        memcpy(d->flink, v + 1, (size_t)(end - v - 1));
        d->flink[end - v - 1] = '\0';
        memcpy(d->runtime_jar, entry, len);
        d->runtime_jar[len] = '\0';
        return true;
    }
    return false;
}

static void find_flink(struct discover *d)
{
    char *path = NULL;
    if ((*env_ti())->GetSystemProperty(env_ti(), "java.class.path", &path) != JVMTI_ERROR_NONE)
        return;
    for (const char *p = path; *p != '\0';) {
        size_t len = strcspn(p, ":");
        const char *name = p + len;
        while (name > p && name[-1] != '/')
            name--;
        if (flink_jar(d, name, (size_t)(p + len - name)))
            break;
        p += len + (p[len] == ':');
    }
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)path);
}

static void find_agents(struct discover *d)
{
    const char *argument;
    for (int i = 0; (argument = vmflags_argument(i)) != NULL; i++)
        note_agent(d, argument);
}

/* sun.java.command as far as it fits: a JVM is known by its main class, however many arguments follow. */
static void read_command(struct discover *d, char command[DISCOVER_TEXT])
{
    char *value = NULL;
    if ((*env_ti())->GetSystemProperty(env_ti(), "sun.java.command", &value) != JVMTI_ERROR_NONE || value == NULL)
        return;
    size_t len = strlen(value);
    d->cut = len >= DISCOVER_TEXT;
    memcpy(command, value, d->cut ? DISCOVER_TEXT - 1 : len);
    memset(value, 0, len); /* it may hold secrets */
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)value);
}

void discover_jvm(struct discover *d)
{
    static char command[DISCOVER_TEXT];
    memset(d, 0, sizeof *d);
    read_command(d, command);
    size_t n = strcspn(command, " ");
    n = n < sizeof d->main_class ? n : sizeof d->main_class - 1;
    memcpy(d->main_class, command, n);
    d->role = flinkmain_role(d->main_class);
    if (!d->cut)
        read_cmdline(d, command);
    if (d->argc == 0)
        split_command(d, command);
    memset(command, 0, sizeof command);
    find_agents(d);
    find_flink(d);
}

void discover_forget(struct discover *d)
{
    memset(d->text, 0, sizeof d->text);
    memset(d->argv, 0, sizeof d->argv);
    d->argc = 0;
}

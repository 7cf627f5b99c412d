/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_list.c: one line of at most 79 columns per JVM. It looks and touches nothing: no signal, no socket. Processes that this
 * user may not look into are JVMs when they call themselves java, and a count otherwise. */
#include "cli/cmd_list.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/ids.h"
#include "cli/jvmproc.h"
#include "weir.h"

static const char usage[] =
    "usage: weir list\n"
    "  the JVMs of this machine: pid, user, what it runs, version, whether Weir is loaded,\n"
    "  and whether this user can attach to it (`weir attach PID`)\n"
    "Exit code 0.\n";

struct listing {
    unsigned shown, hidden;
};

static const char *obstacle(const struct jvmproc *p)
{
    if (p->kind == JVMPROC_DENIED || (geteuid() != 0 && p->status.euid != geteuid()))
        return "no: other user";
    if (p->kind == JVMPROC_YOUNG)
        return "starting";
    if (p->kind == JVMPROC_OPENJ9)
        return "no: OpenJ9";
    if (p->no_attach)
        return "no: disabled";
    return jvmproc_stopped(p) ? "no: stopped" : "yes";
}

static const char *what(const struct jvmproc *p)
{
    if (p->role != WEIR_ROLE_OTHER)
        return p->role == WEIR_ROLE_TASKMANAGER ? "TaskManager" : "JobManager";
    return p->main[0] != '\0' ? jvmcommand_short(p->main) : "?";
}

/* What a name is made of comes from the process: no byte of it may move the cursor. */
static void print_name(const char *name, int width)
{
    int n = 0;
    for (; n < width && name[n] != '\0'; n++)
        putchar((unsigned char)name[n] < ' ' || (unsigned char)name[n] > '~' ? '?' : name[n]);
    printf("%*s", width - n, "");
}

static void print_row(const struct jvmproc *p)
{
    bool known = p->kind == JVMPROC_HOTSPOT || p->kind == JVMPROC_OPENJ9;
    printf("%7lld ", (long long)p->pid);
    print_name(ids_user(p->status.euid), 10);
    putchar(' ');
    print_name(what(p), 26);
    printf(" %-9.9s %-5s %s\n", p->version[0] != '\0' ? p->version : "?",
           !known                    ? "?"
           : p->maps.weir[0] != '\0' ? "yes"
                                     : "no",
           obstacle(p));
}

static bool visit(int64_t pid, void *arg)
{
    struct listing       *l = arg;
    static struct jvmproc p;
    jvmproc_look(pid, &p);
    bool jvm = p.kind == JVMPROC_HOTSPOT || p.kind == JVMPROC_OPENJ9;
    if (jvm || ((p.kind == JVMPROC_DENIED || p.kind == JVMPROC_YOUNG) && p.main[0] != '\0')) {
        if (l->shown++ == 0)
            printf("%7s %-10s %-26s %-9s %-5s %s\n", "PID", "USER", "WHAT", "JVM", "WEIR", "ATTACH");
        print_row(&p);
    } else if (p.kind == JVMPROC_DENIED) {
        l->hidden++;
    }
    return true;
}

int command_list(int argc, char **args)
{
    struct listing l = { 0, 0 };
    if (argc > 0) {
        bool help = strcmp(args[0], "--help") == 0 || strcmp(args[0], "-h") == 0;
        if (!help)
            fprintf(stderr, "weir list: unexpected %s\n", args[0]);
        fputs(usage, help ? stdout : stderr);
        return help ? WEIR_EXIT_OK : WEIR_EXIT_USAGE;
    }
    jvmproc_each(visit, &l);
    if (l.shown == 0)
        puts("no JVM found");
    if (l.hidden != 0)
        printf("%u more process%s cannot be read by this user; as root they can\n", l.hidden,
               l.hidden == 1 ? "" : "es");
    return fflush(stdout) == 0 ? WEIR_EXIT_OK : WEIR_EXIT_USAGE;
}

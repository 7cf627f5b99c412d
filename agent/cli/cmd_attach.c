/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_attach.c: command lines. Options of the agent are checked here with the agent's own table before anything is asked of a
 * JVM, and a JVM may be named by its main class, which is waited for. */
#include "cli/cmd_attach.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "cli/attach.h"
#include "cli/control.h"
#include "cli/jvmproc.h"
#include "model/options.h"
#include "weir.h"

enum { TIMEOUT_S = 30, WAIT_S = 600, TIMEOUT_MAX_S = 86400 };

static const char attach_usage[] =
    "usage: weir attach PID [OPTIONS] [--lib PATH | --copy DIR] [--timeout SECONDS]\n"
    "       weir attach --wait CLASS [OPTIONS] ...\n"
    "  PID           as `weir list` shows it; of a container's JVM the pid outside of it\n"
    "  OPTIONS       as behind -agentpath:libweir.so=, see `weir options`\n"
    "  --lib PATH    libweir.so as the JVM sees it (else the one beside this program or in "
    "../lib)\n"
    "  --copy DIR    first put a copy into this directory of the JVM's own file system\n"
    "  --wait CLASS  wait for a JVM with this main class (or its end: TaskManagerRunner), 600 s\n"
    "  --timeout S   at most so long for each of the two (else 30)\n"
    "Run it as the JVM's user or as root; the JVM needs nothing but a /tmp it can write to. From "
    "JDK 21\n"
    "on it prints a warning of its own on stderr when an agent is loaded (JEP 451).\n"
    "Exit code 0: attached; 2: bad options; 3: not attached, and the JVM as it was.\n";

static const char *name; /* of the command that runs, for messages */

static int refuse(const char *what, const char *arg)
{
    fprintf(stderr, "weir %s: %s%s; see weir %s --help\n", name, what, arg, name);
    return WEIR_EXIT_USAGE;
}

static bool number(const char *text, int64_t max, int64_t *out)
{
    char     *end;
    long long v = strtoll(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || v < 1 || v > max)
        return false;
    *out = v;
    return true;
}

/* False: said why. */
static bool options_fine(const char *text)
{
    static struct options parsed;
    char                  reason[512];
    struct buf            err;
    buf_init(&err, reason, sizeof reason);
    if (options_parse(&parsed, text, &err) == WEIR_OK)
        return true;
    const char *text_only = strncmp(reason, "weir: ", 6) == 0 ? reason + 6 : reason;
    fprintf(stderr, "weir %s: %s\n", name, text_only);
    return false;
}

/* ---- --wait ---- */

struct wanted {
    const char *class;
    int64_t pid;
};

static bool is_wanted(int64_t pid, void *arg)
{
    static struct jvmproc p;
    struct wanted        *w = arg;
    jvmproc_look(pid, &p);
    if (p.kind == JVMPROC_HOTSPOT && jvmcommand_is(p.main, w->class))
        w->pid = pid;
    return w->pid == 0;
}

static bool await_class(const char *class, int64_t timeout_ms, int64_t *pid)
{
    struct wanted w = { class, 0 };
    int64_t       deadline = clock_mono_ms() + timeout_ms;
    for (;;) {
        jvmproc_each(is_wanted, &w);
        if (w.pid != 0)
            break;
        for (int i = 0; i < 10; i++)
            if (!attach_pause(deadline))
                return false;
    }
    *pid = w.pid;
    return true;
}

/* ---- attach ---- */

struct line {
    struct control control;
    const char *class;
    int64_t timeout_s;
    bool    named; /* the pid or the class is there */
    bool    words; /* what follows are words of the command, which the agent checks */
};

/* The value of an option that takes one, and the argument skipped; NULL: none of that name, or said that it lacks. */
static const char *value(const char *option, int argc, char **args, int *i, bool *bad)
{
    if (strcmp(args[*i], option) != 0)
        return NULL;
    if (*i + 1 < argc)
        return args[++*i];
    *bad = true;
    (void)refuse(option, " needs a value");
    return NULL;
}

/* An exit code, or -1 to go on. */
static int take(struct line *l, int argc, char **args, int *i)
{
    bool        bad = false;
    const char *v, *word = args[*i];
    if ((v = value("--timeout", argc, args, i, &bad)) != NULL)
        return number(v, TIMEOUT_MAX_S, &l->timeout_s)
                   ? -1
                   : refuse("--timeout takes 1 to 86400 seconds, not ", v);
    if (l->control.command == NULL && (v = value("--lib", argc, args, i, &bad)) != NULL)
        return l->control.library = v, -1;
    if (l->control.command == NULL && (v = value("--copy", argc, args, i, &bad)) != NULL)
        return l->control.copy = v,
               v[0] == '/' ? -1 : refuse("--copy takes an absolute path, not ", v);
    if (l->control.command == NULL && !l->named &&
        (v = value("--wait", argc, args, i, &bad)) != NULL)
        return l->class = v, l->named = true,
               v[0] != '\0' ? -1 : refuse("--wait needs a class", "");
    if (bad)
        return WEIR_EXIT_USAGE;
    if (word[0] == '-')
        return refuse("unexpected ", word);
    if (!l->named)
        return l->named = true,
               number(word, INT32_MAX, &l->control.pid) ? -1 : refuse("not a pid: ", word);
    if (l->control.options[0] != '\0')
        return refuse("unexpected ", word);
    l->control.options = word;
    return -1;
}

static int parse(struct line *l, int argc, char **args)
{
    for (int i = 0; i < argc; i++) {
        int code = take(l, argc, args, &i);
        if (code >= 0)
            return code;
    }
    if (!l->named)
        return refuse(l->control.command == NULL ? "which JVM? A pid, or --wait CLASS"
                                                 : "which JVM? A pid",
                      "");
    return l->words || options_fine(l->control.options) ? -1 : WEIR_EXIT_USAGE;
}

static int run(struct line *l)
{
    l->control.timeout_ms = (l->timeout_s != 0 ? l->timeout_s : TIMEOUT_S) * 1000;
    if (l->class == NULL)
        return control_run(&l->control);
    attach_catch_signals();
    if (!await_class(l->class, (l->timeout_s != 0 ? l->timeout_s : WAIT_S) * 1000,
                     &l->control.pid)) {
        fprintf(stderr, "weir attach: no JVM with main class %s appeared\n", l->class);
        return WEIR_EXIT_UNREACHABLE;
    }
    return control_run(&l->control);
}

static bool asks_help(int argc, char **args)
{
    return argc > 0 && (strcmp(args[0], "--help") == 0 || strcmp(args[0], "-h") == 0);
}

int command_attach(int argc, char **args)
{
    struct line l = { .control = { .options = "" } };
    name = "attach";
    if (asks_help(argc, args)) {
        fputs(attach_usage, stdout);
        return WEIR_EXIT_OK;
    }
    int code = parse(&l, argc, args);
    return code >= 0 ? code : run(&l);
}

/* ---- commands ---- */

static int help(const char *takes, const char *does)
{
    printf("usage: weir %s PID %s [--timeout SECONDS]\n  %s\n"
           "  in a JVM that Weir is loaded in; run it as that JVM's user or as root.\n"
           "Exit code 0: done; 2: bad options; 3: the JVM or the agent in it could not do it.\n",
           name, takes, does);
    return WEIR_EXIT_OK;
}

static int command(const char *word, const char *does, bool needs_options, int argc, char **args)
{
    struct line l = { .control = { .command = word, .options = "" } };
    name = word;
    if (asks_help(argc, args))
        return help(needs_options ? "OPTIONS" : "[OPTIONS]", does);
    int code = parse(&l, argc, args);
    if (code >= 0)
        return code;
    if (needs_options && l.control.options[0] == '\0')
        return refuse("what shall be set? For example mode=enforce,limit.task.off-heap=64m", "");
    return run(&l);
}

int command_status(int argc, char **args)
{
    return command("status", "prints what the agent does: mode, limits, hooks, files, its own cost",
                   false, argc, args);
}

int command_report(int argc, char **args)
{
    return command("report", "prints the balance sheet with owners and diagnoses", false, argc,
                   args);
}

int command_sheet(int argc, char **args)
{
    return command("sheet", "prints the balance sheet, and writes it to the JSON file", false, argc,
                   args);
}

int command_pins(int argc, char **args)
{
    struct line l = { .control = { .command = "pins", .options = "" }, .words = true };
    name = "pins";
    if (asks_help(argc, args))
        return help("[loader=GLOB][,budget=MILLISECONDS]",
                    "names what keeps class loaders alive, each with its path from the root: a\n"
                    "  static field, thread, ThreadLocal, shutdown hook, ... The JVM stands still while\n"
                    "  its heap is walked, in all for at most MILLISECONDS (else 5000); the answer says for how long");
    int code = parse(&l, argc, args);
    return code >= 0 ? code : run(&l);
}

int command_set(int argc, char **args)
{
    return command("set", "changes options of the agent: mode, limits, deny, interval, stacks",
                   true, argc, args);
}

int command_reset(int argc, char **args)
{
    return command("reset", "lets peaks begin at the present values", false, argc, args);
}

int command_stop(int argc, char **args)
{
    return command("stop", "lets the agent idle; its hooks stay in place", false, argc, args);
}

int command_start(int argc, char **args)
{
    return command("start", "lets an agent that was stopped count again", false, argc, args);
}

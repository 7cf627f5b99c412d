/* SPDX-License-Identifier: Apache-2.0 */
/* weir.c: the tool: a table of commands. A new command is a row here and a file of its own. */
#include <stdio.h>
#include <string.h>

#include "cli/cmd_attach.h"
#include "cli/cmd_check.h"
#include "cli/cmd_list.h"
#include "cli/cmd_options.h"
#include "cli/cmd_read.h"
#include "cli/cmd_top.h"
#include "cli/command.h"
#include "weir.h"

static int command_help(int argc, char **args);
static int command_version(int argc, char **args);

static const struct command {
    const char *name;
    int (*run)(int argc, char **args);
    const char *what;
} commands[] = {
    { "derive", command_derive, "how Flink divides a process's memory, without starting it" },
    { "network", command_network, "how many network buffers a task needs, and whether they fit" },
    { "read", command_read, "the balance sheet in a JVM's ledger, also when it is dead" },
    { "top", command_top, "the same of a running JVM, live" },
    { "list", command_list, "the JVMs of this machine, and which can be attached to" },
    { "attach", command_attach, "load the agent into a running JVM" },
    { "status", command_status, "what an agent does: mode, limits, hooks" },
    { "report", command_report, "its balance sheet with owners and diagnoses" },
    { "sheet", command_sheet, "its balance sheet, also into the JSON file" },
    { "pins", command_pins, "what keeps class loaders alive in its JVM" },
    { "set", command_set, "change its options" },
    { "reset", command_reset, "let its peaks begin anew" },
    { "stop", command_stop, "let it idle" },
    { "start", command_start, "let it count again" },
    { "check", command_check, "before a rollout: the library loads here, its directory works" },
    { "options", command_options, "what the agent's option string takes" },
    { "version", command_version, "the version of this tool" },
    { "help", command_help, "this list; `weir COMMAND --help` says more" },
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_usage(FILE *to)
{
    fputs("usage: weir COMMAND [OPTION]...\n", to);
    for (int i = 0; i < COMMANDS; i++)
        fprintf(to, "  %-9s %s\n", commands[i].name, commands[i].what);
    fputs(
        "exit codes: 0 fine, 1 something over its limit, 2 usage or bad input, 3 JVM not reached\n",
        to);
}

static const struct command *find_command(const char *name)
{
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static int command_help(int argc, char **args)
{
    static char           help[] = "--help";
    char                 *only_help[] = { help, NULL };
    const struct command *c = argc > 0 ? find_command(args[0]) : NULL;
    if (c != NULL && c->run != command_help && c->run != command_version)
        return c->run(1, only_help);
    print_usage(stdout);
    return WEIR_EXIT_OK;
}

static int command_version(int argc, char **args)
{
    (void)argc;
    (void)args;
    puts("weir " WEIR_VERSION);
    return WEIR_EXIT_OK;
}

int main(int argc, char **argv)
{
    static const char *const aliases[][2] = { { "--help", "help" },
                                              { "-h", "help" },
                                              { "--version", "version" } };
    const char              *name = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        if (strcmp(name, aliases[i][0]) == 0)
            name = aliases[i][1];
    const struct command *c = find_command(name);
    if (c != NULL)
        return c->run(argc - 2, argv + 2);
    if (*name != '\0')
        fprintf(stderr, "weir: unknown command %s\n", name);
    print_usage(stderr);
    return WEIR_EXIT_USAGE;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_options.c: prints the option table, for people or as the rows that scripts/gen-options.sh puts into README.md. */
#include "cli/cmd_options.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "model/options.h"
#include "weir.h"

int command_options(int argc, char **args)
{
    char       text[16384];
    struct buf out;
    bool       markdown = argc == 1 && strcmp(args[0], "--markdown") == 0;
    bool       help = argc == 1 && strcmp(args[0], "--help") == 0;
    if (argc > 0 && !markdown) {
        fputs("usage: weir options [--markdown]\n", help ? stdout : stderr);
        return help ? WEIR_EXIT_OK : WEIR_EXIT_USAGE;
    }
    buf_init(&out, text, sizeof text);
    if (markdown)
        options_markdown(&out);
    else
        options_help(&out);
    if (out.cut || fwrite(text, 1, out.len, stdout) != out.len || fflush(stdout) != 0) {
        fputs("weir: options: the list could not be written whole\n", stderr);
        return WEIR_EXIT_USAGE;
    }
    return WEIR_EXIT_OK;
}

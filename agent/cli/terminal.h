/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H
/* The terminal of a command that redraws itself, or, where stdout is none or a dumb one, plain text. One per process. */
#include <stdbool.h>
#include <stddef.h>

enum terminal_event {
    TERMINAL_TIME, /* the time is over */
    TERMINAL_SIZE, /* the window changed, or we are back in the foreground: draw again */
    TERMINAL_QUIT  /* q, Ctrl-C, or a signal to end */
};

/* Takes over signals, and the keyboard if it is ours. True: it is a terminal that can be redrawn. */
bool terminal_open(void);
/* Of the window; where there is none, 80 columns and 0 rows. */
void terminal_size(unsigned *columns, unsigned *rows);
/* In place of what was drawn before. False: errno. */
bool terminal_draw(const char *text, size_t len);
enum terminal_event terminal_wait(int ms);
/* As it was found; ends the process if a signal asked for that. */
void terminal_close(void);

#endif

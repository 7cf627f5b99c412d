/* SPDX-License-Identifier: Apache-2.0 */
/* terminal.c: see terminal.h. Plain ANSI: home, clear to the end of line and of screen, hide and show the cursor. What is
 * drawn stays on the screen after the end.
 * Signals only set a flag, and are let in only while terminal_wait() sleeps (pselect), so none is missed between a look at
 * the flag and the sleep. Ctrl-Z: the terminal is given back, then we stop as we would have without a handler.
 * Keys are read only in the foreground: changing a terminal from the background would stop us. */
#include "cli/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"

enum { PLAIN_COLUMNS = 80, KEY_CTRL_D = 4 };

static struct {
    bool           screen, keys; /* stdout can be redrawn; stdin gives us single keys */
    bool           drawn;
    struct termios before;
    sigset_t       outside; /* the signal mask while we sleep */
} me;
static volatile sig_atomic_t got_end, got_size, got_stop;

static void note_signal(int number)
{
    if (number == SIGWINCH || number == SIGCONT)
        got_size = 1;
    else if (number == SIGTSTP)
        got_stop = 1;
    else
        got_end = number;
}

static void say(const char *text)
{
    ssize_t ignored = write(STDOUT_FILENO, text, strlen(text));
    (void)ignored;
}

/* ---- taking it and giving it back ---- */

static void take_keys(void)
{
    struct termios raw;
    me.keys = me.screen && tcgetpgrp(STDIN_FILENO) == getpgrp() && tcgetattr(STDIN_FILENO, &me.before) == 0;
    if (!me.keys)
        return;
    raw = me.before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    me.keys = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

static void give_back(void)
{
    if (me.keys)
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &me.before);
    me.keys = false;
    if (me.drawn && me.screen)
        say("\x1b[?25h\n");
    me.drawn = false;
}

static void handle(int number)
{
    struct sigaction action = { .sa_handler = note_signal };
    sigemptyset(&action.sa_mask);
    (void)sigaction(number, &action, NULL);
}

static void watch_signals(void)
{
    static const int watched[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGCONT, SIGTSTP };
    sigset_t         ours;
    sigemptyset(&ours);
    for (size_t i = 0; i < sizeof watched / sizeof watched[0]; i++) {
        struct sigaction before;
        if (sigaction(watched[i], NULL, &before) != 0 || before.sa_handler == SIG_IGN)
            continue; /* as under nohup */
        handle(watched[i]);
        sigaddset(&ours, watched[i]);
    }
    (void)sigprocmask(SIG_BLOCK, &ours, &me.outside);
}

bool terminal_open(void)
{
    const char *type = getenv("TERM");
    me.screen = isatty(STDOUT_FILENO) && type != NULL && type[0] != '\0' && strcmp(type, "dumb") != 0;
    if (me.screen) {
        watch_signals();
        take_keys();
    } else {
        (void)sigprocmask(SIG_BLOCK, NULL, &me.outside);
    }
    return me.screen;
}

/* The default deed of `number`, in spite of handler and mask. */
static void let_happen(int number)
{
    sigset_t only;
    signal(number, SIG_DFL);
    sigemptyset(&only);
    sigaddset(&only, number);
    (void)raise(number);
    (void)sigprocmask(SIG_UNBLOCK, &only, NULL);
}

void terminal_close(void)
{
    give_back();
    if (got_end != 0 && got_end != SIGINT)
        let_happen(got_end);
}

static void stop_for_a_while(void)
{
    sigset_t only;
    got_stop = 0;
    give_back();
    let_happen(SIGTSTP); /* returns when we go on */
    handle(SIGTSTP);
    sigemptyset(&only);
    sigaddset(&only, SIGTSTP);
    (void)sigprocmask(SIG_BLOCK, &only, NULL);
    take_keys();
}

/* ---- drawing and waiting ---- */

void terminal_size(unsigned *columns, unsigned *rows)
{
    struct winsize w;
    *columns = PLAIN_COLUMNS;
    *rows = 0;
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) != 0)
        return;
    if (w.ws_col != 0)
        *columns = w.ws_col;
    if (me.screen)
        *rows = w.ws_row;
}

/* Line by line: what an older, longer line left is cleared behind each. No '\n' behind the last, which would scroll. */
static void put_screen(const char *text)
{
    fputs(me.drawn ? "\x1b[H" : "\x1b[?25l\x1b[H\x1b[2J", stdout);
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        fwrite(text, 1, len, stdout);
        fputs(text[len] == '\n' ? "\x1b[K\n" : "\x1b[K", stdout);
        text += len + (text[len] == '\n');
    }
    fputs("\x1b[J", stdout);
}

bool terminal_draw(const char *text, size_t len)
{
    if (me.screen) {
        put_screen(text);
    } else {
        if (me.drawn)
            putchar('\n');
        fwrite(text, 1, len, stdout);
        putchar('\n');
    }
    me.drawn = true;
    return fflush(stdout) == 0 && ferror(stdout) == 0;
}

static bool key_quits(void)
{
    char    key[16];
    ssize_t n = read(STDIN_FILENO, key, sizeof key);
    if (n <= 0)
        me.keys = false; /* the terminal went away */
    for (ssize_t i = 0; i < n; i++)
        if (key[i] == 'q' || key[i] == 'Q' || key[i] == KEY_CTRL_D)
            return true;
    return false;
}

enum terminal_event terminal_wait(int ms)
{
    int64_t until = clock_mono_ms() + ms;
    for (;;) {
        int64_t left = until - clock_mono_ms();
        if (got_end != 0)
            return TERMINAL_QUIT;
        if (got_stop != 0) {
            stop_for_a_while();
            got_size = 1;
        }
        if (got_size != 0) {
            got_size = 0;
            return TERMINAL_SIZE;
        }
        if (left <= 0)
            return TERMINAL_TIME;
        struct timespec sleep = { .tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000 };
        fd_set          in;
        FD_ZERO(&in);
        if (me.keys)
            FD_SET(STDIN_FILENO, &in);
        int n = pselect(me.keys ? STDIN_FILENO + 1 : 0, &in, NULL, NULL, &sleep, &me.outside);
        if (n > 0 && key_quits())
            return TERMINAL_QUIT;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/* ending.c: System.exit, Runtime.exit and Runtime.halt post VMDeath on the thread that called them, below java.lang.Shutdown; a
 * handled signal on the JDK's own thread for it; the end of the last thread without a frame. Flink's fatal errors (an uncaught
 * exception: code -17; jvm-exit-on-oom: -1) end by Runtime.halt or System.exit through FlinkSecurityManager, which says nothing of
 * who meant it: the frame outside of it does. */
#include "jvm/ending.h"

#include <string.h>

#include "base/buf.h"
#include "base/guard.h"
#include "jvm/frames.h"
#include "snapshot.h"

static bool is_class(const struct weir_frame *f, const char *name)
{
    return strcmp(f->class_name, name) == 0;
}

static void put_frame(struct buf *b, const struct weir_frame *f)
{
    buf_printf(b, " by %s.%s", f->class_name, f->method);
    if (f->file[0] != '\0' && f->line > 0)
        buf_printf(b, "(%s:%d)", f->file, (int)f->line);
}

static void tell(struct buf *b, const struct weir_stack *s)
{
    const struct weir_frame *entry = NULL;
    uint16_t i = 0;
    for (; i < s->count; i++) {
        const struct weir_frame *f = &s->frames[i];
        if (is_class(f, "java.lang.Runtime") || is_class(f, "java.lang.System"))
            entry = f;
        else if (!is_class(f, "java.lang.Shutdown"))
            break;
    }
    if (entry == NULL) {
        if (i < s->count && strncmp(s->frames[i].class_name, "java.lang.Terminator", 20) == 0)
            buf_puts(b, "a signal");
        return;
    }
    buf_printf(b, "%s.%s", strrchr(entry->class_name, '.') + 1, entry->method);
    while (i < s->count && is_class(&s->frames[i], "org.apache.flink.core.security.FlinkSecurityManager"))
        i++;
    if (i < s->count)
        put_frame(b, &s->frames[i]);
}

void ending_tell(JNIEnv *jni, struct stacks *stacks, char *out, size_t cap)
{
    struct owner_key  key;
    struct weir_stack stack;
    struct buf        b;
    buf_init(&b, out, cap);
    if (guard_enter() && frames_thrown(jni, &key)) {
        stacks_get(stacks, key.stack, &stack);
        tell(&b, &stack);
        buf_mark_cut(&b);
    }
    guard_leave();
}

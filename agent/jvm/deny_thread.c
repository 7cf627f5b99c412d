/* SPDX-License-Identifier: Apache-2.0 */
/* deny_thread.c: the refusal's event and its error. The text names what the limit counts, and none of the words by which Flink
 * takes an error for the VM's own (model of jvm/deny.c). */
#include "jvm/deny_thread.h"

#include "base/buf.h"
#include "core/acct.h"
#include "jvm/env.h"
#include "base/poison.h"

enum { TEXT_CAP = 160 };

static struct {
    jclass error;
    bool   as_jvm;
} me;

enum weir_rc deny_thread_init(JNIEnv *jni, bool as_jvm)
{
    me.as_jvm = as_jvm;
    if (me.error == NULL)
        me.error = env_class(jni, "java/lang/OutOfMemoryError");
    return me.error != NULL ? WEIR_OK : WEIR_EJVM;
}

void deny_thread(JNIEnv *jni, const struct owner_key *creator, uint64_t live, uint64_t limit)
{
    char text[TEXT_CAP];
    struct buf b;
    buf_init(&b, text, sizeof text);
    if (me.as_jvm)
        buf_puts(&b, "unable to create native thread: possibly out of memory or process/resource limits reached");
    else
        buf_printf(&b, "weir: threads (jvm-overhead): 1 requested, %llu of %llu used (mode=enforce)",
                   (unsigned long long)live, (unsigned long long)limit);
    acct_thread_denied(jni, creator, live, limit);
    (*jni)->ThrowNew(jni, me.error, text);
}

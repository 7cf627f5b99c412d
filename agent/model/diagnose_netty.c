/* SPDX-License-Identifier: Apache-2.0 */
/* diagnose_netty.c: direct memory that the JVM does not bound. */
#include "model/diagnose_netty.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "model/diagnosis.h"
#include "model/mib.h"

#include "base/poison.h"

/* Unsafe and foreign memory of user code. A JobManager's row does not tell user code from Flink. */
void diagnose_uncounted(struct weir_oom *oom)
{
    const struct weir_row *row = &oom->sheet.rows[WEIR_TASK_OFF_HEAP];
    struct buf             text;
    uint64_t               unsafe = row->kind_bytes[WEIR_KIND_UNSAFE], ffm = row->kind_bytes[WEIR_KIND_FFM];
    if (!row->present || !row->measured || unsafe + ffm < DIAGNOSIS_WORTH_SAYING || diagnosis_begin(oom, "uncounted", &text) == NULL)
        return;
    mib_put(&text, unsafe + ffm);
    buf_puts(&text, " of task.off-heap are inside the process, outside MaxDirectMemorySize; ");
    buf_puts(&text, ffm == 0      ? "taken through Unsafe"
                    : unsafe == 0 ? "taken through foreign-memory arenas"
                                  : "taken through Unsafe and foreign-memory arenas");
    buf_puts(&text, ", which java.nio.Bits and its MXBean do not count");
}

/* "netty-common-4.2.20.Final.jar": 4.2. False: it does not tell, as the jar that another one was shaded into. */
static bool netty_version(const char *jar, int *major, int *minor)
{
    const char *digits = strpbrk(jar, "0123456789");
    return strncmp(jar, "netty-", 6) == 0 && digits != NULL && sscanf(digits, "%3d.%3d", major, minor) == 2;
}

bool diagnose_netty_malloc(struct weir_diagnosis *d, const struct weir_sheet *sheet)
{
    const struct weir_netty_malloc *n = &sheet->netty;
    int                             major, minor;
    struct buf                      text;
    if (n->bytes < DIAGNOSIS_WORTH_SAYING)
        return false;
    d->id = "netty-malloc";
    d->advice_count = 0;
    buf_init(&text, d->text, sizeof d->text);
    mib_put(&text, n->bytes);
    buf_puts(&text, " allocated by netty");
    if (netty_version(n->source, &major, &minor))
        buf_printf(&text, " %d.%d", major, minor);
    else if (n->source[0] != '\0')
        buf_printf(&text, " of %.120s", n->source);
    buf_puts(&text, " through malloc: inside the container, outside MaxDirectMemorySize; ");
    buf_printf(&text, "%" PRIu64 " blocks, which neither java.nio.Bits nor its MXBean counts. With the JVM option "
                      "--sun-misc-unsafe-memory-access=allow it takes direct buffers instead", n->blocks);
    buf_mark_cut(&text);
    return true;
}

/* io.netty, or where it was moved to: "org.apache.flink.shaded.netty4.io.netty". Its options begin with it. */
static size_t netty_package(const char *class_name)
{
    const char *end = strstr(class_name, ".util.internal.");
    return end != NULL ? (size_t)(end - class_name) : 0;
}

void diagnose_netty(struct weir_oom *oom)
{
    struct buf             text;
    int                    n = (int)netty_package(oom->class_name);
    struct weir_diagnosis *d = diagnosis_begin(oom, "netty-limit", &text);
    if (d == NULL)
        return;
    buf_puts(&text, "Netty's own limit was hit, not the JVM's; ");
    if (oom->netty_known) {
        mib_put_of(&text, oom->netty_used, oom->netty_max);
        buf_puts(&text, " in use by this copy of Netty");
    }
    if (n > 0)
        buf_printf(&text, "%s%.*s", oom->netty_known ? ", " : "", n < 120 ? n : 120, oom->class_name);
    if (oom->netty_known && oom->requested != 0) {
        buf_puts(&text, ", ");
        mib_put(&text, oom->requested);
        buf_puts(&text, " asked");
    }
    buf_puts(&text, ". Each copy counts its own buffers, against MaxDirectMemorySize unless its option maxDirectMemory says "
                    "otherwise; java.nio.Bits does not count what it takes without cleaners");
    buf_mark_cut(&text);
    if (n == 0 || !oom->netty_known || oom->requested == 0)
        return;
    char key[80], value[32];
    if (snprintf(key, sizeof key, "-D%.*s.maxDirectMemory", n, oom->class_name) >= (int)sizeof key)
        return;
    uint64_t need = diagnosis_plus(oom->netty_used, oom->requested), mib = UINT64_C(1) << 20;
    snprintf(value, sizeof value, "%" PRIu64, diagnosis_plus(need, mib - 1) / mib * mib);
    diagnosis_advise(d, key, value);
}

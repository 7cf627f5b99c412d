/* SPDX-License-Identifier: Apache-2.0 */
/* methodslot.c: jmethodID -> Method; the word behind it, in a native one, is its function (measured on JDK 8 to 25, whose
 * jmethodIDs are pointers to pointers). Read through the kernel, so that an address that is none is no fault. */
#define _GNU_SOURCE /* process_vm_readv */
#include "jvm/methodslot.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>
#include <unistd.h>

#include "jvm/env.h"
#include "jvm/vmflags.h"
#include "base/poison.h"

enum { NEWEST_JAVA = 25 };

static uint64_t method_size; /* 0: not known */

static bool word_at(uint64_t address, uint64_t *word)
{
    struct iovec here = { word, sizeof *word }, there = { NULL, sizeof *word };
    there.iov_base = (void *)(uintptr_t)address;
    return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == (ssize_t)sizeof *word;
}

enum weir_rc methodslot_init(void)
{
    uint64_t size = 0;
    if (env_java_major() == 0 || env_java_major() > NEWEST_JAVA || !vmflags_type_size("Method", &size) || size % sizeof(void *) != 0)
        return WEIR_EJVM;
    method_size = size;
    return WEIR_OK;
}

void *methodslot_read(jmethodID method)
{
    uint64_t at = 0, function = 0;
    if (method_size == 0 || !word_at((uint64_t)(uintptr_t)method, &at) || !word_at(at + method_size, &function))
        return NULL;
    return (void *)(uintptr_t)function;
}

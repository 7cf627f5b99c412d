/* SPDX-License-Identifier: Apache-2.0 */
/* cld.c: jmethodID -> Method -> ConstMethod -> ConstantPool -> InstanceKlass -> ClassLoaderData, with the offsets that libjvm
 * exports for debuggers. The caller's reference to the class keeps all of it in place, unless the class is redefined this very
 * moment: so every word is read by process_vm_readv, which answers an address that is none with an error, not with a signal.
 * What was read is no proof either: the caller compares it with the table and with the name of the loader. */
#define _GNU_SOURCE /* process_vm_readv, RTLD_NOLOAD */
#include "jvm/cld.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>
#include <unistd.h>

#include "jvm/env.h"
#include "jvm/vmflags.h"

enum { STEPS = 4, NEWEST_JAVA = 25 };

static const struct {
    const char *type, *field;
} path[STEPS] = {
    { "Method", "_constMethod" },
    { "ConstMethod", "_constants" },
    { "ConstantPool", "_pool_holder" },
    { "Klass", "_class_loader_data" },
};

static struct {
    bool     known;
    uint64_t offset[STEPS];
} me;

static bool word_at(uint64_t address, uint64_t *word)
{
    /* the kernel's interface; an address of the VM, not of ours */
    struct iovec here = { word, sizeof *word }, there = { NULL, sizeof *word };
    there.iov_base = (void *)(uintptr_t)address;
    return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == (ssize_t)sizeof *word;
}

enum weir_rc cld_init(void)
{
    uint64_t probe = 1, seen = 0;
    if (env_java_major() == 0 || env_java_major() > NEWEST_JAVA)
        return WEIR_EJVM;
    for (int i = 0; i < STEPS; i++)
        if (!vmflags_offset(path[i].type, path[i].field, &me.offset[i]))
            return WEIR_EJVM;
    me.known = word_at((uint64_t)(uintptr_t)&probe, &seen) && seen == probe;
    return me.known ? WEIR_OK : WEIR_EJVM;
}

uint64_t cld_of_class(jclass c)
{
    jint       count = 0;
    jmethodID *methods = NULL;
    uint64_t   at = 0;
    if (!me.known || (*env_ti())->GetClassMethods(env_ti(), c, &count, &methods) != JVMTI_ERROR_NONE)
        return 0;
    bool found = count > 0 && word_at((uint64_t)(uintptr_t)methods[0], &at);
    for (int i = 0; found && i < STEPS; i++)
        found = word_at(at + me.offset[i], &at);
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)methods);
    return found ? at : 0;
}

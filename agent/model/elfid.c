/* SPDX-License-Identifier: Apache-2.0 */
/* elfid.c: the ELF header, and names that stand as texts in the file (version needs and definitions, needed libraries). The
 * texts are searched for, not walked to: a damaged file can then give a wrong name but never a wild offset. */
#include "model/elfid.h"

#include <stdio.h>
#include <string.h>

#include "base/poison.h"

enum {
    EI_CLASS = 4,
    EI_DATA = 5,
    E_TYPE = 16,
    E_MACHINE = 18,
    HEADER = 52,
    ET_EXEC = 2,
    ET_DYN = 3
};

static const unsigned char *find(const unsigned char *at, const unsigned char *end,
                                 const char *text, size_t n)
{
    while ((size_t)(end - at) >= n) {
        at = memchr(at, text[0], (size_t)(end - at) - n + 1);
        if (at == NULL || memcmp(at, text, n) == 0)
            return at;
        at++;
    }
    return NULL;
}

bool elfid_holds(const unsigned char *bytes, size_t len, const char *text)
{
    return find(bytes, bytes + len, text, strlen(text)) != NULL;
}

static unsigned highest_glibc(const unsigned char *bytes, size_t len)
{
    static const char    name[] = "GLIBC_2.";
    const unsigned char *end = bytes + len, *at = bytes;
    unsigned             highest = 0;
    while ((at = find(at, end, name, sizeof name - 1)) != NULL) {
        unsigned n = 0;
        at += sizeof name - 1;
        for (int digits = 0; at < end && *at >= '0' && *at <= '9' && digits < 3; digits++)
            n = n * 10 + (unsigned)(*at++ - '0');
        highest = n > highest ? n : highest;
    }
    return highest;
}

bool elfid_read(const unsigned char *bytes, size_t len, struct elfid *out)
{
    if (len < HEADER || memcmp(bytes, "\177ELF", 4) != 0 || bytes[EI_DATA] != 1)
        return false;
    unsigned type = bytes[E_TYPE] | (unsigned)bytes[E_TYPE + 1] << 8;
    if ((type != ET_DYN && type != ET_EXEC) || bytes[EI_CLASS] < 1 || bytes[EI_CLASS] > 2)
        return false;
    out->bits = bytes[EI_CLASS] == 1 ? 32 : 64;
    out->machine = bytes[E_MACHINE] | (unsigned)bytes[E_MACHINE + 1] << 8;
    out->glibc = highest_glibc(bytes, len);
    out->musl = out->glibc == 0 && (elfid_holds(bytes, len, "libc.musl-") || elfid_holds(bytes, len, "ld-musl-"));
    return true;
}

const char *elfid_machine(unsigned machine)
{
    static char number[24];
    static const struct {
        unsigned    id;
        const char *name;
    } names[] = { { 3, "i386" },    { 21, "ppc64" },    { 40, "arm" },
                  { 62, "x86-64" }, { 183, "aarch64" }, { 243, "riscv64" } };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].id == machine)
            return names[i].name;
    snprintf(number, sizeof number, "machine %u", machine);
    return number;
}

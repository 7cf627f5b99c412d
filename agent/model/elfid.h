/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_ELFID_H
#define MODEL_ELFID_H
/* What a shared library was built for, from its bytes. */
#include <stdbool.h>
#include <stddef.h>

struct elfid {
    unsigned char bits;    /* 32, 64 */
    unsigned      machine; /* e_machine */
    unsigned
        glibc; /* highest GLIBC_2.N it names, as N: what a program needs, or a C library offers; 0 = none */
    bool musl; /* it names musl's C library, and no version of glibc's */
};

/* False: no little-endian ELF shared object or program. */
bool elfid_read(const unsigned char *bytes, size_t len, struct elfid *out);
/* "x86-64", "aarch64", ... or "machine 258". Overwritten by the next call. */
const char *elfid_machine(unsigned machine);
/* Do the bytes hold this text? */
bool elfid_holds(const unsigned char *bytes, size_t len, const char *text);

#endif

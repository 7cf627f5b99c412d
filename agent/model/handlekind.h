/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_HANDLEKIND_H
#define MODEL_HANDLEKIND_H
/* Which natives of RocksDB's and ForSt's Java classes open or close a native object, and of which class it is. */
#include <stdbool.h>
#include <stddef.h>

enum handle_act {
    HANDLE_NOTHING,
    HANDLE_OPENS,        /* answers the handle */
    HANDLE_OPENS_SEVERAL, /* answers an array of them */
    HANDLE_OPENS_OPTIONS, /* answers a ColumnFamilyDescriptor with options of its own */
    HANDLE_CLOSES
};

struct handlekind {
    enum handle_act act;
    const char     *first;    /* class of what is opened, of an array's first; NULL: the native's own class */
    const char     *rest;     /* of an array's others */
    unsigned        argument; /* CLOSES: which of the Java arguments is the handle, from 0 */
    bool            capacity; /* the first argument is a capacity in bytes */
    bool            charges;  /* the second is the cache it charges */
};

/* class_signature: "Lorg/rocksdb/LRUCache;". NULL: of no such library. Else where the name of the class begins, *len long. */
const char *handlekind_class(const char *class_signature, size_t *len);
/* "rocksdb" or "forst", of a class of the one or the other. */
const char *handlekind_library(const char *class_signature);
/* class_name: as found above, or a copy of it. */
struct handlekind handlekind_of(const char *class_name, const char *method, const char *signature, bool is_static);
/* Does a wrapper that passes on 8 integers, 8 floating-point numbers and 14 words of stack pass on such arguments? Holds for
 * the calling conventions of x86-64 and aarch64 Linux. */
bool handlekind_passes(const char *signature);

#endif

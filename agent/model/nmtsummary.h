/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_NMTSUMMARY_H
#define MODEL_NMTSUMMARY_H
/* What the VM has taken for itself, by its own Native Memory Tracking: the text of VM.native_memory summary, JDK 11 to 25. Pure. */
#include <stdbool.h>
#include <stdint.h>

/* Committed bytes, in whole KiB as the VM prints them. */
struct nmtsummary {
    uint64_t code; /* category Code: the code cache and what describes the code in it */
    uint64_t gc;   /* GC and GCCardSet: the collector's own structures, not the heap */
    uint64_t maps; /* of gc and vm: in mappings, not by malloc */
    uint64_t vm;   /* every other category that no component or pool of ours has: Symbol, Compiler, Internal, ... */
};

/* False: NMT is off, or the text is none of these. What other rows have is left out: Java Heap, Class, Metaspace, Thread, Other
 * (Unsafe memory), and Shared class space, which is mapped from a file. */
bool nmtsummary_read(const char *text, struct nmtsummary *out);

#endif

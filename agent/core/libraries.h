/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_LIBRARIES_H
#define CORE_LIBRARIES_H
/* Native libraries whose memory is booked: each has an index, which is its pile in core/live, and one component, which may be
 * decided later than its first bytes: then all of them move. An index is given again when its library is unloaded and nothing
 * of it is left. */
#include <stdbool.h>
#include <stdint.h>

#include "core/live.h"
#include "weir.h"

struct libraries;

enum { LIBRARIES = LIVE_PILES }; /* indexes 1 .. LIBRARIES - 1 */

/* How its component was found. */
enum library_by { LIBRARY_OPEN, LIBRARY_BY_WALKS, LIBRARY_BY_JAVA, LIBRARY_BY_ROLE, LIBRARY_BY_CONFIG };

struct library { /* a reading */
    bool        used;   /* the index is taken */
    bool        loaded; /* false: unloaded, and something is left */
    uint32_t    name;   /* core/stacks name of its file */
    uint8_t     component;
    const char *why;    /* of the component; static */
    uint64_t    owned_bytes, owned_blocks; /* what its owners hold: walked calls, mappings */
    uint64_t    weight;                    /* what its walked blocks stand for beside themselves (core/sample.h) */
    uint64_t    walks, java;               /* so many, so many with Java frames */
    uint64_t    peak;                      /* of all its bytes, as libraries_see() saw it */
    int64_t     peak_ms;
};

enum weir_rc libraries_new(struct libraries **out);
void         libraries_delete(struct libraries *libraries);

/* One thread at a time. The component is WEIR_UNDECIDED where walks are to decide. 0: all indexes are taken. */
unsigned     libraries_add(struct libraries *libraries, uint32_t name, enum library_by by, enum weir_component component, const char *why);
/* It was unloaded; its memory may live on. */
void         libraries_gone(struct libraries *libraries, unsigned library);
/* Nothing of it is left, its index may be given again; not so while it is loaded. */
void         libraries_forget(struct libraries *libraries, unsigned library);

/* Inside hooks, any thread. */
/* Is the next call to be walked whatever the sample says, since nobody knows whose the library is? */
bool         libraries_asks(struct libraries *libraries, unsigned library);
/* A walk's answer: were there Java frames, and what did they decide (WEIR_COMPONENT_COUNT: nothing)? */
void         libraries_walked(struct libraries *libraries, unsigned library, bool java, uint8_t component);
void         libraries_own(struct libraries *libraries, unsigned library, uint64_t bytes, uint64_t weight);
void         libraries_disown(struct libraries *libraries, unsigned library, uint64_t bytes, uint64_t weight);
enum weir_component libraries_component(const struct libraries *libraries, unsigned library);

/* Reporter. */
/* The highest index in use so far. */
unsigned     libraries_top(const struct libraries *libraries);
struct library libraries_read(const struct libraries *libraries, unsigned library);
/* All its bytes at this time; a second is over: it may ask for walks again. */
void         libraries_see(struct libraries *libraries, unsigned library, uint64_t bytes, int64_t wall_ms);
void         libraries_forget_peaks(struct libraries *libraries);

#endif

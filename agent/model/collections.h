/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_COLLECTIONS_H
#define MODEL_COLLECTIONS_H
/* Full collections as they happen by themselves, and who outlived enough of them to be called surviving (DESIGN.md 5).
 * Pure: the caller counts and brings the time, about once a second. */
#include <stdbool.h>
#include <stdint.h>

enum { COLLECTIONS_KEPT = 32 };

struct collections_seen {
    int64_t  after_ms; /* they began after this reading; 0 not known */
    int64_t  not_ms;   /* the last reading at which they were not complete */
    int64_t  seen_ms;  /* the first one at which they were */
    uint64_t count;
};
struct collections {
    bool                    known;
    int64_t                 last_ms;
    uint64_t                total;
    int                     kept;
    struct collections_seen seen[COLLECTIONS_KEPT]; /* oldest first */
};

/* total: completed so far, of the collectors that look at the whole heap. under_way: they run beside the program, so that
 * one which was complete at this reading may have begun before the last one. */
void collections_feed(struct collections *c, uint64_t total, bool under_way, int64_t now_ms);
/* What ended before this time has outlived two full collections with time for finalizers between them and for cleaners
 * after them; 0: nothing has. */
int64_t collections_outlived(const struct collections *c, int64_t now_ms);
/* How many of those kept began after this time. */
uint64_t collections_after(const struct collections *c, int64_t ended_ms);

#endif

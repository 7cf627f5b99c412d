/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_UNUSED_H
#define MODEL_UNUSED_H
/* For how long jobs ran without anybody taking managed memory. Pure: fed once a second. */
#include <stdbool.h>
#include <stdint.h>

struct unused {
    bool     taken; /* ever, or it cannot be told: then for good */
    int64_t  last_ms;
    uint64_t ran_ms;
};

void unused_feed(struct unused *u, bool jobs_run, bool taken, int64_t now_ms);
/* 0: somebody took some since the start. */
uint64_t unused_ms(const struct unused *u);

#endif

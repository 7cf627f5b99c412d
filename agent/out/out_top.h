/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_OUT_TOP_H
#define OUT_OUT_TOP_H
/* The table of `weir top`: the rows of Flink's Web UI, never wider than a terminal. */
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/trend.h"
#include "out/ledger_data.h"

enum { OUT_TOP_COLUMNS = 80, OUT_TOP_NARROWEST = 20, OUT_TOP_NEWS_MS = 5000 };

struct out_top {
    const struct ledger_file *file;
    const struct trend       *trend;
    bool                      alive;
    int64_t                   age_ms;        /* of the sheet, while alive; above OUT_TOP_NEWS_MS: no news */
    unsigned                  columns, rows; /* at least OUT_TOP_NARROWEST columns are used; rows 0: as many as there are */
};

/* Lines; no '\n' after the last. */
void out_top(struct buf *b, const struct out_top *top);
/* A declared share is exceeded, or framework.off-heap and task.off-heap exceed their sum. */
bool out_top_is_over(const struct weir_sheet *sheet);

#endif

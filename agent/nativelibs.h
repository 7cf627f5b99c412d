/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NATIVELIBS_H
#define NATIVELIBS_H
/* Native libraries whose memory is counted: which, whose they are, and what is said of them. */
#include "model/flinkconf.h"
#include "model/flinkversion.h"
#include "model/options.h"
#include "snapshot_native.h"
#include "weir.h"

/* Once, when the books are open for hooks. conf: NULL where no configuration could be read; it outlives the hooks. *state is the
 * line of the start report: "ok", or what is missing. */
void nativelibs_install(const struct options *options, enum weir_role role, const struct flinkconf *conf, const char **state);
/* deny=native, in mode=enforce. At any time. */
void nativelibs_enforce(bool on);
/* Reporter, once a second: libraries that came by other ways than System.load; and, now and then, whether the slots are ours. */
void nativelibs_second(int64_t mono_ms);
void nativelibs_snapshot(struct weir_native *out);
/* What may be incomplete; NULL: nothing. */
const char *nativelibs_trouble(void);

#endif

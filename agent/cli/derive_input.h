/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_DERIVE_INPUT_H
#define CLI_DERIVE_INPUT_H
/* Configuration files for the commands that derive. */
#include "model/flinkconf.h"
#include "model/flinkmodel.h"

/* Fills conf from a configuration directory, or from one file. path: gets the file that was read. WEIR_EINVAL: err says
 * why (code CONF). */
enum weir_rc derive_read_conf(struct flinkconf *conf, const char *dir_or_file,
                              struct flink_version v, struct buf *path,
                              struct flinkmodel_error *err);
/* Text of a configuration file in memory, into conf. */
enum weir_rc derive_load(struct flinkconf *conf, enum flinkconf_file format, const char *text,
                         size_t len, const char *path, struct flinkmodel_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CONF_TEXT_H
#define TESTS_CONF_TEXT_H
/* A configuration as one line of a table: "key=value;key=value", taken as dynamic properties. */
#include "model/flinkconf.h"

void conf_text(struct flinkconf *conf, const char *options);

#endif

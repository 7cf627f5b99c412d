/* SPDX-License-Identifier: Apache-2.0 */
/* conf_text.c: a key that the model does not know fails the test. */
#include "conf_text.h"

#include <CUnit/CUnit.h>
#include <stdio.h>

#include "tsv.h"

void conf_text(struct flinkconf *conf, const char *options)
{
    char  text[2048];
    char *parts[TSV_FIELDS];
    flinkconf_init(conf);
    CU_ASSERT_TRUE_FATAL((size_t)snprintf(text, sizeof text, "%s", options) < sizeof text);
    int count = text[0] == '\0' ? 0 : tsv_split(text, ';', parts);
    for (int i = 0; i < count; i++)
        CU_ASSERT_TRUE_FATAL(flinkconf_set_dynamic(conf, parts[i]));
}

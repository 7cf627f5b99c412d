/* SPDX-License-Identifier: Apache-2.0 */
/* flinkversion.c: "1.20.4", "1.20", "2.4-SNAPSHOT" to numbers. */
#include "model/flinkversion.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* One to three digits; NULL when there are none or more. */
static const char *read_number(const char *s, int *out)
{
    int digits = 0, value = 0;
    for (; is_digit(s[digits]); digits++) {
        if (digits == 3)
            return NULL;
        value = value * 10 + (s[digits] - '0');
    }
    if (digits == 0)
        return NULL;
    *out = value;
    return s + digits;
}

enum weir_rc flink_version_parse(const char *s, struct flink_version *out)
{
    struct flink_version v = { 0, 0, -1 };
    s = read_number(s, &v.major);
    if (s == NULL || *s++ != '.')
        return WEIR_EINVAL;
    s = read_number(s, &v.minor);
    if (s != NULL && s[0] == '.')
        s = read_number(s + 1, &v.patch);
    if (s == NULL || (*s != '\0' && *s != '-'))
        return WEIR_EINVAL;
    *out = v;
    return WEIR_OK;
}

bool flink_version_least(struct flink_version v, int major, int minor)
{
    return v.major != major ? v.major > major : v.minor >= minor;
}

bool flink_version_supported(struct flink_version v)
{
    return flink_version_least(v, 1, 10) && v.major <= 2;
}

void flink_version_put(struct buf *b, struct flink_version v)
{
    buf_printf(b, "%d.%d", v.major, v.minor);
    if (v.patch >= 0)
        buf_printf(b, ".%d", v.patch);
}

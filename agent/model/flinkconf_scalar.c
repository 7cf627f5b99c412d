/* SPDX-License-Identifier: Apache-2.0 */
/* flinkconf_scalar.c: YAML 1.2 core schema: what a scalar's text means.
 *   null  ~ null Null NULL and nothing      bool  true True TRUE false False FALSE
 *   int   [-+]?[0-9]+ | 0o[0-7]+ | 0x[0-9a-fA-F]+, of any length
 *   float [-+]?(.[0-9]+ | [0-9]+(.[0-9]*)?)([eE][-+]?[0-9]+)? | [-+]?.(inf|Inf|INF) | .(nan|NaN|NAN)
 * A leading 0 is decimal, and 1_000, yes, 10:20 are strings. */
#include "model/flinkconf_scalar.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "model/javanum.h"

enum {
    INT_DIGITS = 700
}; /* decimal digits of the largest integer we convert; a longer one is cut like any text */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_sign(char c)
{
    return c == '-' || c == '+';
}

static bool is_one_of(const char *s, const char *const *words)
{
    for (; *words != NULL; words++)
        if (strcmp(s, *words) == 0)
            return true;
    return false;
}

static bool all_in(const char *s, const char *set)
{
    return *s != '\0' && s[strspn(s, set)] == '\0';
}

static bool is_int(const char *s)
{
    if (strncmp(s, "0o", 2) == 0)
        return all_in(s + 2, "01234567");
    if (strncmp(s, "0x", 2) == 0)
        return all_in(s + 2, "0123456789abcdefABCDEF");
    return all_in(is_sign(*s) ? s + 1 : s, "0123456789");
}

static bool is_float(const char *s)
{
    static const char *const infinities[] = { ".inf", ".Inf", ".INF", NULL };
    static const char *const nans[] = { ".nan", ".NaN", ".NAN", NULL };
    if (is_one_of(s, nans))
        return true;
    if (is_sign(*s))
        s++;
    if (is_one_of(s, infinities))
        return true;
    size_t whole = strspn(s, "0123456789"), part = 0;
    s += whole;
    if (*s == '.') {
        part = strspn(s + 1, "0123456789");
        s += 1 + part;
    }
    if (whole + part == 0)
        return false;
    if (*s == 'e' || *s == 'E') {
        s += is_sign(s[1]) ? 2 : 1;
        return all_in(s, "0123456789");
    }
    return *s == '\0';
}

enum flinkconf_scalar flinkconf_scalar_resolve(const char *s)
{
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
    static const char *const bools[] = { "true", "True", "TRUE", "false", "False", "FALSE", NULL };
    if (is_one_of(s, nulls))
        return FLINKCONF_SCALAR_NULL;
    if (is_one_of(s, bools))
        return FLINKCONF_SCALAR_BOOL;
    if (is_int(s))
        return FLINKCONF_SCALAR_INT;
    return is_float(s) ? FLINKCONF_SCALAR_FLOAT : FLINKCONF_SCALAR_STRING;
}

static int digit_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

/* decimal: *n digits, least significant first, becomes decimal * base + digit. */
static enum weir_rc push_digit(uint8_t *decimal, size_t *n, unsigned base, unsigned digit)
{
    for (size_t i = 0; i < *n; i++) {
        digit += decimal[i] * base;
        decimal[i] = (uint8_t)(digit % 10);
        digit /= 10;
    }
    for (; digit > 0; digit /= 10) {
        if (*n == INT_DIGITS)
            return WEIR_EFULL;
        decimal[(*n)++] = (uint8_t)(digit % 10);
    }
    return WEIR_OK;
}

/* As ConstructYamlCoreInt: a sign, then 0x, 0o or decimal digits, the latter with a sign of their own. */
static enum weir_rc convert_int(const char *s, struct buf *out)
{
    uint8_t  decimal[INT_DIGITS];
    size_t   n = 0;
    bool     negative = *s == '-';
    unsigned base = 10;
    if (is_sign(*s))
        s++;
    if (s[0] == '0' && (s[1] == 'x' || s[1] == 'o')) {
        base = s[1] == 'x' ? 16 : 8;
        s += 2;
    }
    if (*s == '\0')
        return WEIR_EINVAL;
    for (; *s != '\0'; s++) {
        if (digit_value(*s) >= (int)base)
            return WEIR_EINVAL;
        if (push_digit(decimal, &n, base, (unsigned)digit_value(*s)) != WEIR_OK)
            break; /* beyond every number Flink knows: a prefix is as good */
    }
    if (negative && n > 0)
        buf_puts(out, "-");
    if (n == 0)
        buf_puts(out, "0");
    while (n > 0)
        buf_printf(out, "%u", decimal[--n]);
    return WEIR_OK;
}

static bool equals_lower(const char *s, const char *word)
{
    for (; *s != '\0' && *word != '\0'; s++, word++)
        if ((*s >= 'A' && *s <= 'Z' ? *s + ('a' - 'A') : *s) != *word)
            return false;
    return *s == *word;
}

static enum weir_rc convert_float(const char *s, struct buf *out)
{
    double value = 0;
    double sign = *s == '-' ? -1 : 1;
    if (equals_lower(s, ".inf") || equals_lower(s, "-.inf"))
        value = INFINITY;
    else if (equals_lower(s, ".nan"))
        value = NAN;
    else if (javanum_parse_double(is_sign(*s) ? s + 1 : s, &value) != WEIR_OK)
        return WEIR_EINVAL;
    javanum_put_double(out, value * sign);
    return WEIR_OK;
}

enum weir_rc flinkconf_scalar_convert(enum flinkconf_scalar type, const char *s, struct buf *out)
{
    switch (type) {
    case FLINKCONF_SCALAR_INT: return convert_int(s, out);
    case FLINKCONF_SCALAR_FLOAT: return convert_float(s, out);
    case FLINKCONF_SCALAR_BOOL:
        buf_puts(out, equals_lower(s, "true") ? "true" : "false");
        return WEIR_OK;
    case FLINKCONF_SCALAR_NULL: return WEIR_OK;
    case FLINKCONF_SCALAR_STRING: break;
    }
    buf_puts(out, s);
    return WEIR_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* javanum.c: numbers as Java reads, prints and multiplies them.
 * The C library rounds correctly, as Java does, so it does the conversions; but its grammar is wider ("inf", "0x1",
 * "1e5" with the locale's decimal point), so the text is checked against Java's grammar first and the "C" locale is
 * put on for the call (a JVM's launcher sets the user's). Decimal products are exact integers of 128 bits. */
#include "model/javanum.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_CAP = 640 }; /* longer than any configuration value we keep */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_sign(char c)
{
    return c == '+' || c == '-';
}

/* glibc and musl give a static object for "C": nothing is allocated or leaked. */
static locale_t enter_c_locale(void)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return c == (locale_t)0 ? c : uselocale(c);
}

static void leave_c_locale(locale_t old)
{
    if (old != (locale_t)0)
        uselocale(old);
}

/* digits '.'? digits*, or '.' digits; NULL when there is no digit at all. */
static const char *skip_mantissa(const char *s, bool (*digit)(char))
{
    const char *start = s;
    while (digit(*s))
        s++;
    bool any = s > start;
    if (*s == '.') {
        s++;
        while (digit(*s)) {
            s++;
            any = true;
        }
    }
    return any ? s : NULL;
}

static const char *skip_exponent(const char *s)
{
    s++;
    if (is_sign(*s))
        s++;
    if (!is_digit(*s))
        return NULL;
    while (is_digit(*s))
        s++;
    return s;
}

/* Where the number ends that strtod may read: at the end of s or at its type suffix. NULL: not Java's grammar. */
static const char *number_end(const char *s)
{
    if (is_sign(*s))
        s++;
    if (strcmp(s, "NaN") == 0)
        return s + 3;
    if (strcmp(s, "Infinity") == 0)
        return s + 8;
    bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
    s = skip_mantissa(hex ? s + 2 : s, hex ? is_hex : is_digit);
    if (s == NULL || (hex && *s != 'p' && *s != 'P'))
        return NULL;
    if (hex || *s == 'e' || *s == 'E')
        s = skip_exponent(s);
    if (s == NULL)
        return NULL;
    const char *end = s;
    if (*s != '\0' && strchr("fFdD", *s) != NULL)
        s++;
    return *s == '\0' ? end : NULL;
}

/* text: TEXT_CAP bytes, gets the bare number. */
static enum weir_rc bare_number(const char *s, char *text)
{
    while (*s != '\0' && (unsigned char)*s <= ' ')
        s++;
    size_t n = strlen(s);
    while (n > 0 && (unsigned char)s[n - 1] <= ' ')
        n--;
    if (n == 0 || n >= TEXT_CAP)
        return WEIR_EINVAL;
    memcpy(text, s, n);
    text[n] = '\0';
    const char *end = number_end(text);
    if (end == NULL)
        return WEIR_EINVAL;
    text[end - text] = '\0';
    return WEIR_OK;
}

enum weir_rc javanum_parse_float(const char *s, float *out)
{
    char text[TEXT_CAP];
    if (bare_number(s, text) != WEIR_OK)
        return WEIR_EINVAL;
    locale_t old = enter_c_locale();
    *out = strtof(text, NULL);
    leave_c_locale(old);
    return WEIR_OK;
}

enum weir_rc javanum_parse_double(const char *s, double *out)
{
    char text[TEXT_CAP];
    if (bare_number(s, text) != WEIR_OK)
        return WEIR_EINVAL;
    locale_t old = enter_c_locale();
    *out = strtod(text, NULL);
    leave_c_locale(old);
    return WEIR_OK;
}

enum weir_rc javanum_parse_int(const char *s, int32_t *out)
{
    bool    negative = *s == '-';
    int64_t value = 0;
    if (is_sign(*s))
        s++;
    if (*s == '\0')
        return WEIR_EINVAL;
    for (; *s != '\0'; s++) {
        if (!is_digit(*s))
            return WEIR_EINVAL;
        value = value * 10 + (*s - '0');
        if (value > (int64_t)INT32_MAX + negative)
            return WEIR_EINVAL;
    }
    *out = (int32_t)(negative ? -value : value);
    return WEIR_OK;
}

/* text is what "%.*e" printed: d.ddde+xx */
static struct javanum_decimal read_scientific(const char *text)
{
    struct javanum_decimal d = { 0, 0 };
    const char            *p = text;
    for (; *p != 'e'; p++) {
        if (!is_digit(*p))
            continue;
        d.digits = d.digits * 10 + (uint64_t)(*p - '0');
        if (p > text)
            d.exponent--;
    }
    d.exponent += atoi(p + 1);
    while (d.digits != 0 && d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    return d;
}

struct javanum_decimal javanum_shortest(double x)
{
    char text[40] = "0e0";
    if (x == 0 || !isfinite(x))
        return (struct javanum_decimal){ 0, 0 };
    locale_t old = enter_c_locale();
    for (int digits = 2; digits <= 17;
         digits++) { /* Java takes two at least: 4.9E-324, not 5E-324 */
        snprintf(text, sizeof text, "%.*e", digits - 1, x);
        if (strtod(text, NULL) == x)
            break;
    }
    leave_c_locale(old);
    return read_scientific(text);
}

/* As Double.toString lays out digits: plain from 10^-3 up to 10^7, else d.dddE±n; always a digit after the point. */
static void put_decimal(struct buf *b, struct javanum_decimal d)
{
    char digits[24];
    int  n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)d.digits);
    int  point = n + d.exponent; /* the decimal point stands before this digit */
    if (point < -2 || point > 7) {
        buf_printf(b, "%c.%sE%d", digits[0], n > 1 ? digits + 1 : "0", point - 1);
    } else if (point <= 0) {
        buf_printf(b, "0.%.*s%s", -point, "00", digits);
    } else if (point >= n) {
        buf_printf(b, "%s%.*s.0", digits, point - n, "0000000");
    } else {
        buf_printf(b, "%.*s.%s", point, digits, digits + point);
    }
}

void javanum_put_double(struct buf *b, double x)
{
    if (isnan(x)) {
        buf_puts(b, "NaN");
        return;
    }
    if (signbit(x))
        buf_puts(b, "-");
    if (isinf(x))
        buf_puts(b, "Infinity");
    else if (x == 0)
        buf_puts(b, "0.0");
    else
        put_decimal(b, javanum_shortest(fabs(x)));
}

void javanum_put_fraction(struct buf *b, double fraction)
{
    char     text[40] = "";
    locale_t old = enter_c_locale();
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, fraction);
        if (strtof(text, NULL) == (float)fraction)
            break;
    }
    leave_c_locale(old);
    buf_puts(b, text);
}

/* p * 10^exponent, exponent >= 0 */
static enum weir_rc scale_up(unsigned __int128 p, int exponent, uint64_t *out)
{
    while (exponent-- > 0 && p != 0 && p <= (uint64_t)INT64_MAX)
        p *= 10;
    if (p > (uint64_t)INT64_MAX)
        return WEIR_EFULL;
    *out = (uint64_t)p;
    return WEIR_OK;
}

enum weir_rc javanum_multiply(uint64_t n, double x, uint64_t *out)
{
    struct javanum_decimal d = javanum_shortest(x);
    unsigned __int128      p = (unsigned __int128)n * d.digits; /* below 2^63 * 10^17 < 2^120 */
    unsigned __int128      scale = 1;
    if (d.exponent >= 0)
        return scale_up(p, d.exponent, out);
    if (d.exponent < -38) { /* below 2^120 / 10^39 < 1 */
        *out = 0;
        return WEIR_OK;
    }
    for (int k = 0; k < -d.exponent; k++)
        scale *= 10;
    /* From 10^20 on the bound is beyond any p; below, (2^63-1) * 10^19 fits. */
    if (d.exponent >= -19 && p > scale * (uint64_t)INT64_MAX)
        return WEIR_EFULL;
    *out = (uint64_t)(p / scale);
    return WEIR_OK;
}

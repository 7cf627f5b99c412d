/* SPDX-License-Identifier: Apache-2.0 */
/* test_javanum.c: Java's number texts and products; expected values come from a JDK 17. */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/javanum.h"
#include "suite.h"

static void javanum_reads_java_floats(void)
{
    static const struct {
        const char *text;
        float       value;
    } rows[] = {
        { "0.1", 0.1f },
        { " 0.1\t", 0.1f },
        { "+.25", 0.25f },
        { "-1.", -1.f },
        { "1e-3", 1e-3f },
        { "1E+3d", 1000.f },
        { "0.1f", 0.1f },
        { "0x1p-3", 0.125f },
        { "0X.8P1F", 1.f },
        { "0x1.p0", 1.f },
        { "Infinity", INFINITY },
        { "-Infinity", -INFINITY },
        { "1e40", INFINITY },
        { "1e-50", 0.f },
        { "1e99999999999", INFINITY },
        { "-0", -0.f },
        { "0.10000000149011612", 0.1f },
        { "16777217", 16777216.f },
        { "0e999", 0.f },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        float f = 77;
        CU_ASSERT_EQUAL(javanum_parse_float(rows[i].text, &f), WEIR_OK);
        CU_ASSERT_TRUE(f == rows[i].value && signbit(f) == signbit(rows[i].value));
    }
    float nan = 0;
    CU_ASSERT_EQUAL(javanum_parse_float("+NaN", &nan), WEIR_OK);
    CU_ASSERT_TRUE(isnan(nan));
}

static void javanum_refuses_what_only_c_reads(void)
{
    static const char *const bad[] = { "",     " ",     "abc",   "inf",  "nan",    "infinity",
                                       "NaNf", "0x1",   "0x1.8", "0xp1", "1e",     "1e+",
                                       ".",    "-",     "+",     "--1",  "0,1",    "0.1.2",
                                       "1_0",  "0.1ff", "0.1 f", "1e5e", "nan(1)", "0x" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        float  f = 77;
        double d = 77;
        CU_ASSERT_EQUAL(javanum_parse_float(bad[i], &f), WEIR_EINVAL);
        CU_ASSERT_EQUAL(javanum_parse_double(bad[i], &d), WEIR_EINVAL);
        CU_ASSERT_TRUE(f == 77 && d == 77);
    }
    char longest[1000];
    memset(longest, '1', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    float f = 0;
    CU_ASSERT_EQUAL(javanum_parse_float(longest, &f), WEIR_EINVAL);
}

static void javanum_reads_java_ints(void)
{
    int32_t n = 0;
    CU_ASSERT_EQUAL(javanum_parse_int("2147483647", &n), WEIR_OK);
    CU_ASSERT_EQUAL(n, INT32_MAX);
    CU_ASSERT_EQUAL(javanum_parse_int("-2147483648", &n), WEIR_OK);
    CU_ASSERT_EQUAL(n, INT32_MIN);
    CU_ASSERT_EQUAL(javanum_parse_int("+007", &n), WEIR_OK);
    CU_ASSERT_EQUAL(n, 7);
    static const char *const bad[] = { "",
                                       "-",
                                       "+",
                                       "2147483648",
                                       "-2147483649",
                                       " 1",
                                       "1 ",
                                       "1.0",
                                       "0x1",
                                       "1e3",
                                       "99999999999999999999999" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT_EQUAL(javanum_parse_int(bad[i], &n), WEIR_EINVAL);
    CU_ASSERT_EQUAL(n, 7);
}

static void check_double(double x, const char *expected)
{
    char       text[64];
    struct buf b;
    buf_init(&b, text, sizeof text);
    javanum_put_double(&b, x);
    CU_ASSERT_STRING_EQUAL(text, expected);
}

static void javanum_prints_as_double_to_string(void)
{
    check_double((double)0.05f, "0.05000000074505806");
    check_double((double)0.1f, "0.10000000149011612");
    check_double((double)0.15f, "0.15000000596046448");
    check_double((double)0.2f, "0.20000000298023224");
    check_double((double)0.3f, "0.30000001192092896");
    check_double((double)0.6f, "0.6000000238418579");
    check_double((double)0.9f, "0.8999999761581421");
    check_double(0, "0.0");
    check_double(-0.0, "-0.0");
    check_double(1, "1.0");
    check_double(-1000, "-1000.0");
    check_double(0.001, "0.001");
    check_double(0.00099, "9.9E-4");
    check_double(1234567, "1234567.0");
    check_double(9999999, "9999999.0");
    check_double(1e7, "1.0E7");
    check_double(123456789.25, "1.2345678925E8");
    check_double(1e300, "1.0E300");
    check_double(5e-324, "4.9E-324");
    check_double(INFINITY, "Infinity");
    check_double(-INFINITY, "-Infinity");
    check_double(NAN, "NaN");
}

static void javanum_inverse_fractions_have_javas_digits(void)
{
    static const struct {
        float       fraction;
        const char *inverse;
    } rows[] = {
        { 0.01f, "0.010101009872954375" }, { 0.05f, "0.05263157977291752" },
        { 0.1f, "0.11111111295076065" },   { 0.15f, "0.176470596485072" },
        { 0.2f, "0.2500000046566129" },    { 0.3f, "0.42857145289985543" },
        { 0.4f, "0.6666666832235126" },    { 0.5f, "1.0" },
        { 0.9f, "8.999997615814777" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double f = (double)rows[i].fraction;
        check_double(f / (1 - f), rows[i].inverse);
    }
}

static void check_product(uint64_t n, double x, uint64_t expected)
{
    uint64_t product = 77;
    CU_ASSERT_EQUAL(javanum_multiply(n, x, &product), WEIR_OK);
    CU_ASSERT_EQUAL(product, expected);
}

static void javanum_multiplies_in_decimal(void)
{
    double f = (double)0.1f;
    check_product(1342177280, f, 134217730);
    check_product(1342177280, (double)0.4f, 536870920);
    check_product(1811939328, f, 181193935);
    check_product(1677721600, f, 167772162);
    check_product(583008256, f / (1 - f), 64778696);
    check_product(1342177280, f / (1 - f), 149130811);
    check_product(INT64_MAX, 1, INT64_MAX);
    check_product(INT64_MAX, 0, 0);
    check_product(0, 1e300, 0);
    check_product(INT64_MAX, 1e-45, 0);
    check_product(3, 1e18, 3000000000000000000);
    check_product(INT64_MAX, 0.5, 4611686018427387903);
}

static void javanum_product_beyond_63_bits_is_refused(void)
{
    uint64_t product = 77;
    CU_ASSERT_EQUAL(javanum_multiply(INT64_MAX, 1.0000000000000002, &product), WEIR_EFULL);
    CU_ASSERT_EQUAL(javanum_multiply((uint64_t)1 << 62, 2, &product), WEIR_EFULL);
    CU_ASSERT_EQUAL(javanum_multiply(10, 1e18, &product), WEIR_EFULL);
    CU_ASSERT_EQUAL(javanum_multiply(1, 1e300, &product), WEIR_EFULL);
    CU_ASSERT_EQUAL(product, 77);
}

/* A JVM's launcher sets the user's locale; in many the decimal point is a comma. */
static void javanum_does_not_follow_the_locale(void)
{
    float       f = 0;
    const char *locales[] = { "de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "C" };
    for (size_t i = 0; i < 4 && setlocale(LC_ALL, locales[i]) == NULL; i++)
        continue;
    CU_ASSERT_EQUAL(javanum_parse_float("0.5", &f), WEIR_OK);
    CU_ASSERT_TRUE(f == 0.5f);
    check_double(0.1, "0.1");
    check_product(10, 0.5, 5);
    setlocale(LC_ALL, "C");
}

SUITE(javanum, NULL, NULL, CASE(javanum_reads_java_floats), CASE(javanum_refuses_what_only_c_reads),
      CASE(javanum_reads_java_ints), CASE(javanum_prints_as_double_to_string),
      CASE(javanum_inverse_fractions_have_javas_digits), CASE(javanum_multiplies_in_decimal),
      CASE(javanum_product_beyond_63_bits_is_refused), CASE(javanum_does_not_follow_the_locale));

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H
/* A CUnit suite per test file, registered by the file itself; runner.c runs them all.
 *     static void live_take_returns_what_put_stored(void) { CU_ASSERT_EQUAL(...); }
 *     SUITE(live, NULL, NULL, CASE(live_take_returns_what_put_stored))                                          */
#include <CUnit/CUnit.h>
#include <stddef.h>

struct suite_case {
    const char *name;
    void (*run)(void);
};

/* setup and teardown run around each case; both may be NULL. */
void suite_register(const char *name, const struct suite_case *cases, size_t count,
                    void (*setup)(void), void (*teardown)(void));

#define CASE(function) { #function, function }
#define SUITE(name, setup, teardown, ...)                                                          \
    static const struct suite_case name##_cases[] = { __VA_ARGS__ };                               \
    __attribute__((constructor)) static void name##_register(void)                                 \
    {                                                                                              \
        suite_register(#name, name##_cases, sizeof name##_cases / sizeof name##_cases[0], setup,   \
                       teardown);                                                                  \
    }                                                                                              \
    struct suite_case /* swallows the semicolon */

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* runner.c: runs every registered suite with CUnit's own runner and closing lines.
 * `weir-tests NAME...` runs only suites whose name contains one of the words. Exit 0 only when at least one test ran and
 * all passed. */
#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

enum { MAX_SUITES = 128 };

static struct {
    const char              *name;
    const struct suite_case *cases;
    size_t                   count;
    void (*setup)(void);
    void (*teardown)(void);
} suites[MAX_SUITES];
static size_t suite_count;

void suite_register(const char *name, const struct suite_case *cases, size_t count,
                    void (*setup)(void), void (*teardown)(void))
{
    if (suite_count == MAX_SUITES) {
        fprintf(stderr, "runner.c: more than %d suites: raise MAX_SUITES\n", MAX_SUITES);
        exit(2);
    }
    suites[suite_count].name = name;
    suites[suite_count].cases = cases;
    suites[suite_count].count = count;
    suites[suite_count].setup = setup;
    suites[suite_count++].teardown = teardown;
}

static int wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strstr(name, argv[i]) != NULL)
            return 1;
    return argc == 1;
}

static void add_suite(size_t i)
{
    CU_pSuite s = CU_add_suite_with_setup_and_teardown(suites[i].name, NULL, NULL, suites[i].setup,
                                                       suites[i].teardown);
    for (size_t c = 0; s != NULL && c < suites[i].count; c++)
        CU_add_test(s, suites[i].cases[c].name, suites[i].cases[c].run);
}

int main(int argc, char **argv)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 2;
    for (size_t i = 0; i < suite_count; i++)
        if (wanted(suites[i].name, argc, argv))
            add_suite(i);
    CU_basic_set_mode(CU_BRM_NORMAL);
    CU_basic_run_tests();
    int failed = CU_get_number_of_tests_failed() != 0 || CU_get_number_of_tests_run() == 0;
    CU_cleanup_registry();
    return failed;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* tsv.c: reads golden tables. */
#include "tsv.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tsv_split(char *s, char separator, char **parts)
{
    int count = 0;
    while (s != NULL && count < TSV_FIELDS) {
        parts[count++] = s;
        s = strchr(s, separator);
        if (s != NULL)
            *s++ = '\0';
    }
    return count;
}

int tsv_each(const char *name, int fields, void (*row)(char **field))
{
    char  path[128], line[4096];
    char *parts[TSV_FIELDS];
    int   rows = 0;
    snprintf(path, sizeof path, "tests/golden/%s", name);
    FILE *f = fopen(path, "r");
    if (f == NULL) {
        fprintf(stderr, "%s: cannot be read (tests run from the project's root)\n", path);
        CU_FAIL("golden file missing");
        return 0;
    }
    while (fgets(line, sizeof line, f) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#' || line[0] == '\0')
            continue;
        int count = tsv_split(line, '\t', parts);
        CU_ASSERT_EQUAL(count, fields);
        if (count == fields) {
            row(parts);
            rows++;
        }
    }
    fclose(f);
    return rows;
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TSV_H
#define TESTS_TSV_H
/* Golden tables: a file of lines with fields between tabs; `#` starts a comment line. */
enum { TSV_FIELDS = 32 };

/* Calls row for each line of tests/golden/NAME, with exactly `fields` fields (else the test fails). Returns how many. */
int tsv_each(const char *name, int fields, void (*row)(char **field));
/* Splits s at separator in place; at most TSV_FIELDS. */
int tsv_split(char *s, char separator, char **parts);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* mallocinfo.c: what of the XML is looked at:
 *     <heap nr="0"> ... <system type="current" size="132"/> ... </heap>          one per arena
 *     <total type="fast" count="1" size="32"/> <total type="rest" .../>          free, of all of them
 *     <total type="mmap" count="2" size="400"/> <system type="current" size=.../> the end */
#include "base/mallocinfo.h"

#include <stdlib.h>
#include <string.h>

static bool size_in(const char *line, uint64_t *size)
{
    const char *at = strstr(line, " size=\"");
    char       *end;
    if (at == NULL || at[7] < '0' || at[7] > '9')
        return false;
    *size = strtoull(at + 7, &end, 10);
    return *end == '"';
}

static bool begins(const char *line, const char *with)
{
    return strncmp(line, with, strlen(with)) == 0;
}

void mallocinfo_line(struct mallocinfo *info, const char *line)
{
    uint64_t size;
    if (begins(line, "<heap nr=")) {
        info->arenas++;
        info->in_heap = true;
    } else if (begins(line, "</heap>")) {
        info->in_heap = false;
    }
    if (info->in_heap || !size_in(line, &size))
        return;
    if (begins(line, "<total type=\"fast\"") || begins(line, "<total type=\"rest\""))
        info->unused += size;
    else if (begins(line, "<total type=\"mmap\""))
        info->mapped = size;
    else if (begins(line, "<system type=\"current\"")) {
        info->system = size;
        info->known = true;
    }
}

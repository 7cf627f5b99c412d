/* SPDX-License-Identifier: Apache-2.0 */
/* flinkconf.c: the values of the known keys, and which of them a person chose.
 * Invariant: text is NUL-terminated and shorter than its cap; what did not fit is marked too_long and never parses. */
#include "model/flinkconf.h"

#include <string.h>

#include "model/memsize.h"

/* What the start scripts write as -D arguments, always as "<digits>b" (cores and slots aside). */
static const enum flinkkey written_by_scripts[] = {
    FLINKKEY_TM_FRAMEWORK_HEAP, FLINKKEY_TM_FRAMEWORK_OFF_HEAP, FLINKKEY_TM_TASK_HEAP,
    FLINKKEY_TM_TASK_OFF_HEAP,  FLINKKEY_TM_NETWORK_MIN,        FLINKKEY_TM_NETWORK_MAX,
    FLINKKEY_TM_MANAGED_SIZE,   FLINKKEY_TM_METASPACE,          FLINKKEY_TM_OVERHEAD_MIN,
    FLINKKEY_TM_OVERHEAD_MAX,   FLINKKEY_TM_CPU_CORES,          FLINKKEY_TM_SLOTS,
    FLINKKEY_JM_HEAP,           FLINKKEY_JM_OFF_HEAP,           FLINKKEY_JM_METASPACE,
    FLINKKEY_JM_OVERHEAD_MIN,   FLINKKEY_JM_OVERHEAD_MAX,
};

/* Of these, the ones no total or fraction ever changes. 1.10.0 has another metaspace, but never passes it on. */
static const struct {
    enum flinkkey key;
    uint64_t      bytes;
} fixed_defaults[] = {
    { FLINKKEY_TM_FRAMEWORK_HEAP, 128 << 20 }, { FLINKKEY_TM_FRAMEWORK_OFF_HEAP, 128 << 20 },
    { FLINKKEY_TM_TASK_OFF_HEAP, 0 },          { FLINKKEY_TM_METASPACE, 256 << 20 },
    { FLINKKEY_JM_OFF_HEAP, 128 << 20 },       { FLINKKEY_JM_METASPACE, 256 << 20 },
};

void flinkconf_init(struct flinkconf *c)
{
    memset(c, 0, sizeof *c);
}

void flinkconf_set(struct flinkconf *c, enum flinkkey key, enum flinkconf_source source,
                   const char *text, size_t len)
{
    struct flinkconf_value *v = &c->values[key];
    size_t                  kept = len < FLINKCONF_TEXT_CAP ? len : FLINKCONF_TEXT_CAP - 1;
    v->source = (uint8_t)source;
    v->type = FLINKCONF_STRING;
    v->too_long = kept < len;
    v->line = 0;
    if (source == FLINKCONF_DYNAMIC && v->times < UINT8_MAX)
        v->times++;
    memcpy(v->text, text, kept);
    v->text[kept] = '\0';
    /* Java's trim and number grammars treat bytes 0 and 1 alike. */
    for (char *nul = v->text; (nul = memchr(nul, '\0', (size_t)(v->text + kept - nul))) != NULL;)
        *nul = '\1';
}

bool flinkconf_set_dynamic(struct flinkconf *c, const char *argument)
{
    const char   *equals = strchr(argument, '=');
    size_t        n = equals != NULL ? (size_t)(equals - argument) : strlen(argument);
    enum flinkkey key = flinkkey_find_n(argument, n);
    if (key == FLINKKEY_NONE)
        return false;
    const char *value = equals != NULL ? equals + 1 : "true";
    flinkconf_set(c, key, FLINKCONF_DYNAMIC, value, strlen(value));
    return true;
}

void flinkconf_set_env(struct flinkconf *c, enum flinkkey key, const char *value)
{
    if (value != NULL)
        flinkconf_set(c, key, FLINKCONF_ENVIRONMENT, value, strlen(value));
}

const struct flinkconf_value *flinkconf_get(const struct flinkconf *c, enum flinkkey key)
{
    if (key == FLINKKEY_NONE || c->values[key].source == FLINKCONF_UNSET)
        return NULL;
    return &c->values[key];
}

const struct flinkconf_value *flinkconf_option(const struct flinkconf *c, enum flinkkey key,
                                               enum flinkkey *used)
{
    enum flinkkey                 from = key;
    const struct flinkconf_value *v = flinkconf_get(c, key);
    if (v == NULL) {
        from = flinkkey_fallback(key);
        v = flinkconf_get(c, from);
    }
    if (v != NULL && used != NULL)
        *used = from;
    return v;
}

bool flinkconf_word(const struct flinkconf_value *v, const char *word)
{
    const char *s = v->text;
    for (; *s != '\0' && *word != '\0'; s++, word++)
        if ((*s >= 'A' && *s <= 'Z' ? *s + ('a' - 'A') : *s) != *word)
            return false;
    return *s == *word && !v->too_long;
}

bool flinkconf_bool(const struct flinkconf *c, enum flinkkey key, bool otherwise)
{
    const struct flinkconf_value *v = flinkconf_option(c, key, NULL);
    if (v == NULL)
        return otherwise;
    return flinkconf_word(v, "true") || (otherwise && !flinkconf_word(v, "false"));
}

static bool is_written_by_scripts(enum flinkkey key)
{
    for (size_t i = 0; i < sizeof written_by_scripts / sizeof written_by_scripts[0]; i++)
        if (written_by_scripts[i] == key)
            return true;
    return false;
}

/* "<digits>b" and nothing else. */
static bool has_script_form(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && strcmp(text + digits, "b") == 0;
}

static bool differs_from_fixed_default(enum flinkkey key, const char *text)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < sizeof fixed_defaults / sizeof fixed_defaults[0]; i++)
        if (fixed_defaults[i].key == key)
            return memsize_parse(text, &bytes, NULL) == WEIR_OK && bytes != fixed_defaults[i].bytes;
    return false;
}

static bool argument_is_a_persons(const struct flinkconf_value *v, enum flinkkey key)
{
    if (!is_written_by_scripts(key) || v->times > 1)
        return true;
    if (key == FLINKKEY_TM_CPU_CORES || key == FLINKKEY_TM_SLOTS)
        return false;
    return !has_script_form(v->text) || differs_from_fixed_default(key, v->text);
}

bool flinkconf_declared(const struct flinkconf *file, const struct flinkconf *args,
                        enum flinkkey key)
{
    enum flinkkey used = key;
    if (file != NULL && flinkconf_option(file, key, NULL) != NULL)
        return true;
    const struct flinkconf_value *v = args != NULL ? flinkconf_option(args, key, &used) : NULL;
    if (v == NULL)
        return false;
    return v->source != FLINKCONF_DYNAMIC || argument_is_a_persons(v, used);
}

enum flinkconf_file flinkconf_file_for(struct flink_version v, bool has_flink_conf_yaml,
                                       bool has_config_yaml)
{
    bool legacy = !flink_version_least(v, 2, 0);
    bool standard = flink_version_least(v, 1, 19);
    if (legacy && has_flink_conf_yaml)
        return FLINKCONF_LEGACY_FILE;
    return standard && has_config_yaml ? FLINKCONF_STANDARD_FILE : FLINKCONF_NO_FILE;
}

enum flinkconf_file flinkconf_file_of_name(struct flink_version v, const char *name)
{
    for (enum flinkconf_file f = FLINKCONF_LEGACY_FILE; f <= FLINKCONF_STANDARD_FILE; f++)
        if (strcmp(name, flinkconf_file_name(f)) == 0)
            return f;
    return flinkconf_file_for(v, !flink_version_least(v, 1, 19), true);
}

const char *flinkconf_file_name(enum flinkconf_file f)
{
    switch (f) {
    case FLINKCONF_LEGACY_FILE: return "flink-conf.yaml";
    case FLINKCONF_STANDARD_FILE: return "config.yaml";
    case FLINKCONF_NO_FILE: break;
    }
    return "";
}

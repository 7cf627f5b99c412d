/* SPDX-License-Identifier: Apache-2.0 */
/* derive_input.c: configuration files from disk. Which of the two a directory is read from depends on Flink's version;
 * a file named by the user is read in the format of its name, else in the version's. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/derive_input.h"

enum { FILE_CAP = 4 << 20 }; /* no configuration file is larger */

static enum weir_rc refuse(struct flinkmodel_error *err, const char *path, const char *what,
                           const char *hint)
{
    memset(err, 0, sizeof *err);
    err->code = FLINKMODEL_CONF;
    snprintf(err->message, sizeof err->message, "%.900s: %.300s", path, what);
    snprintf(err->hint, sizeof err->hint, "%s", hint);
    return WEIR_EINVAL;
}

/* The whole file; *text is the caller's to free. */
static enum weir_rc read_file(const char *path, char **text, size_t *len,
                              struct flinkmodel_error *err)
{
    FILE        *f = fopen(path, "r");
    char        *data = f != NULL ? malloc(FILE_CAP) : NULL;
    enum weir_rc rc = WEIR_OK;
    errno = f != NULL && data == NULL ? ENOMEM : errno;
    if (data == NULL) {
        rc = refuse(err, path, strerror(errno), "");
        goto out;
    }
    *len = fread(data, 1, FILE_CAP, f);
    if (ferror(f))
        rc = refuse(err, path, strerror(errno), "");
    else if (*len == FILE_CAP)
        rc = refuse(err, path, "larger than 4 MiB", "");
    if (rc == WEIR_OK) {
        *text = data;
        data = NULL;
    }
out:
    free(data);
    if (f != NULL)
        fclose(f);
    return rc;
}

enum weir_rc derive_load(struct flinkconf *conf, enum flinkconf_file format, const char *text,
                         size_t len, const char *path, struct flinkmodel_error *err)
{
    char       why[256];
    struct buf b;
    buf_init(&b, why, sizeof why);
    if (format == FLINKCONF_LEGACY_FILE)
        flinkconf_load_legacy(conf, text, len, NULL);
    else if (flinkconf_load_yaml(conf, text, len, &b) != WEIR_OK)
        return refuse(err, path, why, "Flink refuses to start with such a file");
    return WEIR_OK;
}

static bool exists(const char *dir, enum flinkconf_file f, struct buf *path)
{
    buf_reset(path);
    buf_printf(path, "%s/%s", dir, flinkconf_file_name(f));
    return !path->cut && access(path->data, F_OK) == 0;
}

static enum weir_rc choose_in_dir(const char *dir, struct flink_version v,
                                  enum flinkconf_file *format, struct buf *path,
                                  struct flinkmodel_error *err)
{
    bool legacy = exists(dir, FLINKCONF_LEGACY_FILE, path);
    bool standard = exists(dir, FLINKCONF_STANDARD_FILE, path);
    *format = flinkconf_file_for(v, legacy, standard);
    if (*format == FLINKCONF_NO_FILE && legacy)
        return refuse(err, dir, "has flink-conf.yaml only, which Flink 2.0 and newer do not read",
                      "name the version with --flink (up to 1.20 read it)");
    if (*format == FLINKCONF_NO_FILE && standard)
        return refuse(err, dir, "has config.yaml only, which Flink before 1.19 does not read",
                      "name the version with --flink (1.19 and newer read it)");
    if (*format == FLINKCONF_NO_FILE)
        return refuse(err, dir, "has no configuration file that this version of Flink reads", "");
    (void)exists(dir, *format, path);
    return WEIR_OK;
}

enum weir_rc derive_read_conf(struct flinkconf *conf, const char *dir_or_file,
                              struct flink_version v, struct buf *path,
                              struct flinkmodel_error *err)
{
    struct stat         st;
    char               *text = NULL;
    size_t              len = 0;
    enum flinkconf_file format = FLINKCONF_NO_FILE;
    enum weir_rc        rc = WEIR_OK;
    if (stat(dir_or_file, &st) != 0)
        return refuse(err, dir_or_file, strerror(errno), "--conf takes a directory or a file");
    if (S_ISDIR(st.st_mode)) {
        rc = choose_in_dir(dir_or_file, v, &format, path, err);
    } else {
        buf_reset(path);
        buf_puts(path, dir_or_file);
        const char *slash = strrchr(dir_or_file, '/');
        format = flinkconf_file_of_name(v, slash != NULL ? slash + 1 : dir_or_file);
    }
    if (rc == WEIR_OK)
        rc = read_file(path->data, &text, &len, err);
    if (rc == WEIR_OK)
        rc = derive_load(conf, format, text, len, path->data, err);
    free(text);
    return rc;
}

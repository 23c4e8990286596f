#include "include/CReadline.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/history.h>

/// Makes the file when there is none; nobody else may read it.
static int can_append(const char *path) {
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) return 0;
    fchmod(file, 0600);
    close(file);
    return 1;
}

int syncline_history_load(const char *path, int limit) {
    using_history();
    read_history(path);
    int is_kept = can_append(path);
    if (is_kept && history_length > limit) {
        history_truncate_file(path, limit);
        is_kept = can_append(path);
    }
    stifle_history(limit);
    return is_kept;
}

void syncline_history_add(const char *line, const char *path) {
    HIST_ENTRY *last = history_length > 0 ? history_get(history_base + history_length - 1) : NULL;
    if (last && strcmp(last->line, line) == 0) return;
    add_history(line);
    if (path) append_history(1, path);
}

#ifndef SYNCLINE_CFILES_H
#define SYNCLINE_CFILES_H

/// Gives two files or folders each other's name at once; 0 on success, else -1 with `errno`: EINVAL or ENOSYS where the file system or the kernel cannot.
int syncline_exchange(const char *path, const char *other);

#endif

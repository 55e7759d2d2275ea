/* Atomic writes: bytes in one piece, though other processes write to the same descriptor. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posix_bridge.h"

static bool needs_lock(int descriptor) {
    struct stat status;
    return fstat(descriptor, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

/* A record lock ends with its process, and is the same for all processes that have the pipe. */
static void lock(int descriptor, short type) {
    struct flock all = {.l_type = type, .l_whence = SEEK_SET};
    while (fcntl(descriptor, F_SETLKW, &all) != 0 && errno == EINTR) {}
}

static bool write_all(int descriptor, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t count = write(descriptor, bytes, size);
        if (count >= 0) {
            bytes += count;
            size -= (size_t)count;
        } else if (errno == EAGAIN) {
            struct pollfd writable = {.fd = descriptor, .events = POLLOUT};
            poll(&writable, 1, -1);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

bool pmap_write_atomically(int descriptor, const void *bytes, size_t size) {
    bool is_locked = needs_lock(descriptor);
    if (is_locked) lock(descriptor, F_WRLCK);
    bool is_written = write_all(descriptor, bytes, size);
    int reason = errno;
    if (is_locked) lock(descriptor, F_UNLCK);
    errno = reason;
    return is_written;
}

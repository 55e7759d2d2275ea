/* For a valgrind that does not know pidfd_open, as Debian 12's does not. Preloaded into pmap it makes something else that
 * is readable when a child has ended: a pipe that the program in PIDFD_WATCHER, given the child's number, holds as its
 * standard output until then. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long watched(long process) {
    int ends[2];
    char number[24];
    snprintf(number, sizeof number, "%ld", process);
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], 1);
        execl(getenv("PIDFD_WATCHER"), "watcher", number, NULL);
        _exit(127);
    }
    close(ends[1]);
    waitpid(child, NULL, 0);
    return ends[0];
}

long syscall(long number, ...) {
    long words[6];
    va_list list;
    va_start(list, number);
    for (int each = 0; each < 6; each++) words[each] = va_arg(list, long);
    va_end(list);
    if (number == SYS_pidfd_open) return watched(words[0]);
    long (*next)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    return next(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}

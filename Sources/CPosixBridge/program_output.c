/* Collecting the output of programs. */
#define _GNU_SOURCE
#include "program_output.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* The memory is mapped by itself: the thread takes nothing that a fork could find locked, and no heap of its own. */
static struct {
    pthread_mutex_t lock;
    pid_t process; /* that has the pipe */
    bool is_collecting;
    int reading;
    char *bytes;
    size_t length, capacity;
    pmap_printed *printed; /* where the bytes are, as long as they fit */
} output = {.lock = PTHREAD_MUTEX_INITIALIZER};

enum { kept_capacity = 1 << 20, stack_size = 64 << 10 };

static bool is_shared(void) { return output.printed && output.bytes == output.printed->collected; }

/* What cannot be kept ends the process, and so the item: the output would have a hole. */
static void reserve_output(size_t size) {
    if (output.length + size <= output.capacity) return;
    size_t capacity = output.capacity ? output.capacity : stack_size;
    while (capacity < output.length + size) capacity *= 2;
    bool is_mapped = output.bytes && !is_shared();
    void *bytes = is_mapped ? mremap(output.bytes, output.capacity, capacity, MREMAP_MAYMOVE)
                            : mmap(NULL, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED) {
        dprintf(STDERR_FILENO, "pmap: there is no memory for the output of a program\n");
        _exit(3);
    }
    if (is_shared()) memcpy(bytes, output.bytes, output.length);
    output.bytes = bytes;
    output.capacity = capacity;
}

static void forget_output(void) {
    if (output.bytes && !is_shared() && (output.printed || output.capacity > kept_capacity)) {
        munmap(output.bytes, output.capacity);
        output.bytes = NULL;
        output.capacity = 0;
    }
    if (output.printed) {
        memset(output.printed->collected, 0, output.length < pmap_printed_size ? output.length : pmap_printed_size);
        __atomic_store_n(&output.printed->collected_length, 0, __ATOMIC_RELEASE);
        output.bytes = output.printed->collected;
        output.capacity = pmap_printed_size;
    }
    output.length = 0;
}

/* With the lock nobody else reads, so that a read does not wait. */
static void empty_pipe(void) {
    int waiting = 0;
    while (ioctl(output.reading, FIONREAD, &waiting) == 0 && waiting > 0) {
        reserve_output((size_t)waiting);
        ssize_t count = read(output.reading, output.bytes + output.length, (size_t)waiting);
        if (count <= 0) return;
        output.length += (size_t)count;
        if (output.printed) __atomic_store_n(&output.printed->collected_length, output.length, __ATOMIC_RELEASE);
    }
}

static void *collect(void *unused) {
    (void)unused;
    struct pollfd written = {.fd = output.reading, .events = POLLIN};
    while (poll(&written, 1, -1) == 1 && written.revents & POLLIN) {
        pthread_mutex_lock(&output.lock);
        empty_pipe();
        pthread_mutex_unlock(&output.lock);
    }
    return NULL;
}

void pmap_collect_program_output(int reading, pmap_printed *printed) {
    output.process = getpid();
    output.reading = reading;
    output.printed = printed;
    forget_output();
}

bool pmap_start_collecting(void) {
    if (output.is_collecting || output.process != getpid()) return true;
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, stack_size);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before); /* signals are for the script's thread */
    int code = pthread_create(&thread, &attributes, collect, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    output.is_collecting = code == 0;
    if (output.printed) output.printed->is_collecting = output.is_collecting;
    errno = code;
    return output.is_collecting;
}

size_t pmap_take_program_output(char *(*reserve)(size_t size)) {
    if (output.process != getpid()) return 0;
    pthread_mutex_lock(&output.lock);
    empty_pipe();
    size_t length = output.length;
    char *space = length > 0 ? reserve(length) : NULL;
    if (space) {
        memcpy(space, output.bytes, length);
        forget_output();
    }
    pthread_mutex_unlock(&output.lock);
    return space ? length : 0;
}

int pmap_collecting_threads(void) { return output.is_collecting && output.process == getpid() ? 1 : 0; }

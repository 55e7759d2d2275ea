/* The standard output of a script and its forks; see script_output.h. */
#define _GNU_SOURCE
#include "script_output.h"
#include "posix_bridge.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { is_taken = -1, by_signal = -2 };

typedef struct {
    atomic_int failure;    /* an error's number, or one of the above */
    atomic_int main_process; /* 0 when it has looked */
} output_state;

static output_state own;
static output_state *state = &own; /* shared by all forks */

static void note(int failure) {
    int none = 0;
    atomic_compare_exchange_strong(&state->failure, &none, failure);
}

/* ---- SIGPIPE ---- */

static bool survives;

/* The main process may be gone, and its number another's. */
static void end_main_process(void) {
    pid_t main_process = atomic_load(&state->main_process);
    note(by_signal);
    if (main_process && main_process != getpid() && getsid(main_process) == getsid(0)) kill(main_process, SIGPIPE);
}

static void on_broken_pipe(int number) {
    int before = errno;
    struct pollfd streams[] = {{STDOUT_FILENO, 0, 0}, {STDERR_FILENO, 0, 0}};
    bool is_own = poll(streams, 2, 0) > 0 && ((streams[0].revents | streams[1].revents) & (POLLERR | POLLHUP));
    if (is_own) end_main_process();
    if (is_own || !survives) {
        signal(number, SIG_DFL);
        raise(number);
    }
    errno = before;
}

static void catch_broken_pipes(void) {
    struct sigaction now;
    if (sigaction(SIGPIPE, NULL, &now) != 0 || now.sa_handler != SIG_DFL) return;
    struct sigaction action = {.sa_handler = on_broken_pipe, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGPIPE, &action, NULL);
}

void pmap_survive_broken_pipes(void) {
    survives = true;
    catch_broken_pipes();
}

/* ---- Writing ---- */

void pmap_begin_script_output(void) {
    void *memory = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) state = memory;
    atomic_store(&state->main_process, getpid());
    catch_broken_pipes();
}

static bool write_until(const char *bytes, size_t size, bool (*is_interrupted)(void)) {
    while (size > 0) {
        ssize_t count = write(STDOUT_FILENO, bytes, size);
        if (count >= 0) {
            bytes += count;
            size -= (size_t)count;
        } else if (errno == EAGAIN) {
            struct pollfd writable = {.fd = STDOUT_FILENO, .events = POLLOUT};
            if (poll(&writable, 1, -1) < 0 && is_interrupted()) return false;
        } else if (errno != EINTR || is_interrupted()) {
            return false;
        }
    }
    return true;
}

bool pmap_write_script_output(const void *bytes, size_t size, bool in_one_piece, bool (*is_interrupted)(void)) {
    bool is_written = in_one_piece ? pmap_write_atomically(STDOUT_FILENO, bytes, size) : write_until(bytes, size, is_interrupted);
    if (!is_written) note(errno);
    return is_written;
}

/* ---- The end ---- */

int pmap_take_output_failure(void) {
    pid_t main_process = atomic_load(&state->main_process);
    fflush(stdout);
    if (main_process && main_process != getpid()) return 0;
    atomic_store(&state->main_process, 0);
    int failure = atomic_load(&state->failure);
    if (failure == 0) return 0;
    atomic_store(&state->failure, is_taken);
    if (failure == by_signal) pmap_die_by(SIGPIPE);
    return failure > 0 ? failure : 0;
}

static int (*change_status)(int);

static void at_exit(int status, void *nothing) {
    (void)nothing;
    int changed = change_status(status);
    if (changed == status) return;
    fflush(NULL);
    _exit(changed);
}

void pmap_change_exit_status(int (*change)(int)) {
    change_status = change;
    on_exit(at_exit, NULL);
}

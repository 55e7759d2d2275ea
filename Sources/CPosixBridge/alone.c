/* The signals that end a run in which script and host are one process: the first one lets the running items end, and the
 * handler says so at once, as nothing else of the host can. */
#define _GNU_SOURCE
#include "alone.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "posix_bridge.h"

static const int endings[] = {SIGINT, SIGTERM, SIGHUP};
enum { ending_count = 3 };

static struct {
    pid_t process;
    pmap_status *status;
    void (*give_up)(void);
    char *words[PMAP_PHASES][ending_count];
    timer_t timer;
    sigset_t mask; /* the process's own */
} run;

static volatile sig_atomic_t phase, first, ticks; /* `ticks` since the script was given up; -1: it was not */

/* The time of running items after SIGTERM or SIGHUP, and that of a script that was made to give up, in ticks. */
static const struct timespec grace_period = {.tv_sec = 5}, tick = {.tv_nsec = 100000000}, never;
enum { last_tick = 5 };

static int tick_signal(void) { return SIGRTMAX - 3; }

static void start_timer(struct timespec time) {
    struct itimerspec period = {.it_interval = time, .it_value = time};
    timer_settime(run.timer, 0, &period, NULL);
}

static void write_error(const char *words) {
    struct pollfd errors = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (words && poll(&errors, 1, 0) == 1 && errors.revents & POLLOUT) {
        ssize_t ignored = write(STDERR_FILENO, words, strlen(words));
        (void)ignored;
    }
}

static void give_up(void) {
    run.give_up();
    ticks = 0;
    start_timer(tick);
}

static void on_ending(int number) {
    int before = errno;
    if (getpid() != run.process) pmap_die_by(number); /* of a fork that a task has made */
    if (first == 0) {
        first = number;
        pmap_limit(run.status, 0);
        for (int each = 0; each < ending_count; each++) {
            if (endings[each] == number) write_error(run.words[phase][each]);
        }
        if (number != SIGINT) start_timer(grace_period);
    } else if (phase != PMAP_OUTSIDE) {
        give_up();
    }
    errno = before;
}

static void on_tick(int number) {
    (void)number;
    int before = errno;
    if (phase == PMAP_OUTSIDE) {
        start_timer(never);
    } else if (ticks < 0) {
        give_up();
    } else if (++ticks == last_tick) {
        pmap_die_by(first);
    }
    errno = before;
}

bool pmap_catch_alone(pmap_status *status, void (*new_give_up)(void)) {
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = tick_signal()};
    if (timer_create(CLOCK_MONOTONIC, &event, &run.timer) != 0) return false;
    struct sigaction action = {.sa_handler = on_tick}; /* no SA_RESTART: what the script waits for comes back */
    sigemptyset(&action.sa_mask);
    for (int each = 0; each < ending_count; each++) sigaddset(&action.sa_mask, endings[each]);
    sigaction(tick_signal(), &action, NULL);
    run.process = getpid();
    run.status = status;
    run.give_up = new_give_up;
    ticks = -1;
    pmap_catch_endings(on_ending);
    return true;
}

bool pmap_has_given_up(void) { return ticks >= 0; }

void pmap_set_signal_message(pmap_phase at, int number, const char *words) {
    for (int each = 0; each < ending_count; each++) {
        if (endings[each] == number) run.words[at][each] = strdup(words);
    }
}

void pmap_enter_script(pmap_phase now) {
    phase = now;
    if (first != 0 && first != SIGINT) start_timer(grace_period);
    pmap_block_endings(false);
}

void pmap_leave_script_phase(void) {
    pmap_block_endings(true);
    start_timer(never);
    phase = PMAP_OUTSIDE;
}

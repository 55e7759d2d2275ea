/* The timeout of an item: by the host's signal, or without a host by a timer. */
#define _GNU_SOURCE
#include "timeout.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>

/* A worker is one process with one state. */
static struct {
    const pmap_status *status;
    char text[64];
} timeout;

int pmap_timeout_signal(void) { return SIGRTMAX - 2; }

/* The ticks of the timer of a process without a host. */
enum { quarters = 4 };
static volatile sig_atomic_t ticks;

bool pmap_has_timed_out(void) {
    return ticks >= quarters || (timeout.status && pmap_is_running(timeout.status, &timeout.status->overdue));
}

static void on_signal(int number) {
    (void)number;
    pmap_interrupt(pmap_is_running(timeout.status, &timeout.status->forced));
}

static const char text[] = "timed out after %s s";

static void set_handler(void (*handler)(int), int flags) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigemptyset(&action.sa_mask);
    sigaction(pmap_timeout_signal(), &action, NULL);
}

void pmap_arm_timeout(lua_State *L, const pmap_status *status, const char *seconds) {
    timeout.status = status;
    snprintf(timeout.text, sizeof timeout.text, text, seconds);
    pmap_arm_interruption(L, timeout.text, pmap_has_timed_out);
    set_handler(on_signal, SA_RESTART);
}

/* ---- Without a host ---- */

static timer_t timer;
static const int64_t grace = 500000000; /* to unwind, as the host allows */

static void set_timer(int64_t nanoseconds) {
    struct timespec time = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    struct itimerspec period = {.it_interval = time, .it_value = time};
    timer_settime(timer, 0, &period, NULL);
}

static pmap_status *late;

void pmap_kill_late(pmap_status *status) { late = status; }

/* While the process is stopped at most one tick arrives. */
static void on_tick(int number) {
    (void)number;
    ticks++;
    if (late && ticks > quarters + 2) {
        pmap_store(&late->overdue, 1);
        kill(0, SIGKILL);
    }
    if (ticks < quarters) return;
    if (ticks == quarters) {
        set_timer(grace);
        set_handler(on_tick, 0); /* a wait returns then */
    }
    pmap_interrupt(ticks > quarters);
}

bool pmap_arm_time(lua_State *L) {
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = pmap_timeout_signal()};
    pmap_arm_interruption(L, timeout.text, pmap_has_timed_out);
    set_handler(on_tick, SA_RESTART);
    return timer_create(CLOCK_MONOTONIC, &event, &timer) == 0;
}

void pmap_begin_time(int64_t nanoseconds, const char *seconds) {
    snprintf(timeout.text, sizeof timeout.text, text, seconds);
    set_timer(nanoseconds / quarters > 0 ? nanoseconds / quarters : 1);
}

void pmap_end_time(void) {
    set_timer(0);
    if (ticks >= quarters) set_handler(on_tick, SA_RESTART);
    ticks = 0;
}

static struct itimerspec paused;

void pmap_pause_time(void) {
    static const struct itimerspec none;
    timer_settime(timer, 0, &none, &paused);
}

void pmap_resume_time(void) { timer_settime(timer, 0, &paused, NULL); }

/* ---- With a host, for what is no item ---- */

void pmap_begin_own_time(void) {
    static bool has_timer;
    if (!timeout.status) return; /* the limits are its own anyway */
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = pmap_timeout_signal()};
    if (!has_timer) has_timer = timer_create(CLOCK_MONOTONIC, &event, &timer) == 0;
    set_handler(on_tick, SA_RESTART);
}

void pmap_end_own_time(void) {
    if (timeout.status) set_handler(on_signal, SA_RESTART);
}

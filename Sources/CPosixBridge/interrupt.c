/* SIGINT in a script and in its forks. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "posix_bridge.h"

static pid_t main_process, deaf;
static void (*ask)(void);
static bool (*is_asked)(void);
static int64_t last; /* in nanoseconds; 0: there was none */

static const int64_t same = 100000000;   /* timeout(1) sends one to the process and one to its group */
static const int64_t again = 2000000000; /* a second one ends the program */
static const int64_t period = 20000000;  /* between reminders, while the program does not know of it */

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* ---- A signal that comes just before a call that waits ends no wait ---- */

static timer_t reminder;
static bool has_reminder;

static int reminder_signal(void) { return SIGRTMAX - 4; }

static void remind_each(int64_t nanoseconds) {
    struct timespec time = {.tv_nsec = nanoseconds};
    struct itimerspec period = {.it_interval = time, .it_value = time};
    if (has_reminder) timer_settime(reminder, 0, &period, NULL);
}

/* The wait returns, as it does for the first signal. */
static void on_reminder(int number) {
    int reason = errno;
    (void)number;
    if (!is_asked()) remind_each(0);
    errno = reason;
}

static void make_reminder(void) {
    struct sigaction action = {.sa_handler = on_reminder};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = reminder_signal()};
    sigemptyset(&action.sa_mask);
    sigaction(reminder_signal(), &action, NULL);
    has_reminder = timer_create(CLOCK_MONOTONIC, &event, &reminder) == 0;
}

/* ---- Signals ---- */

static void on_interrupt(int number, siginfo_t *signal, void *context) {
    int reason = errno;
    (void)context;
    if (getpid() != main_process) {
        /* A terminal's is the main process's, with which this one ends. */
        if (signal->si_code != SI_KERNEL && getpid() != deaf) pmap_die_by(number);
    } else {
        int64_t since = last ? now() - last : INT64_MAX;
        if (signal->si_code == SI_KERNEL || since >= same) {
            last = now();
            if (is_asked() || since < again) pmap_die_by(number);
            ask();
            remind_each(period);
        }
    }
    errno = reason;
}

static void install(int flags) {
    struct sigaction action = {.sa_sigaction = on_interrupt, .sa_flags = SA_SIGINFO | flags};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
}

void pmap_catch_interrupts(void (*new_ask)(void), bool (*new_is_asked)(void)) {
    struct sigaction before;
    sigaction(SIGINT, NULL, &before);
    if (before.sa_handler == SIG_IGN) return;
    main_process = getpid();
    ask = new_ask;
    is_asked = new_is_asked;
    make_reminder();
    install(0); /* no SA_RESTART: a script that reads from a terminal is waiting, too */
}

void pmap_ignore_interrupts(void) { deaf = getpid(); }

void pmap_restart_on_interrupts(void) {
    struct sigaction before;
    sigaction(SIGINT, NULL, &before);
    if (before.sa_flags & SA_SIGINFO && before.sa_sigaction == on_interrupt) install(SA_RESTART);
}

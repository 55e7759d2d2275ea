/* The signals that ask a program who waits where. */
#define _GNU_SOURCE
#include "question.h"

#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "arena.h"
#include "posix_bridge.h"

static pid_t main_process;
static void (*notify)(void);
static volatile sig_atomic_t is_asked;
static struct timespec last_quit;

static bool is_second_quit(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    bool is_again = last_quit.tv_sec && now.tv_sec - last_quit.tv_sec < 2 + (now.tv_nsec < last_quit.tv_nsec);
    last_quit = now;
    return is_again;
}

static void on_question(int number, siginfo_t *signal, void *context) {
    (void)context;
    int before = errno;
    bool is_terminals = signal->si_code == SI_KERNEL;
    if (number == SIGQUIT && is_terminals && getpid() != main_process) return;
    if (number == SIGQUIT && is_second_quit()) pmap_die_by(SIGQUIT);
    /* This process may be busy for long; the others that wait check for a question once a second. */
    if (!pmap_arena_ask()) is_asked = 1;
    notify();
    pmap_wake(getpid());
    errno = before;
}

void pmap_catch_questions(void (*asked)(void)) {
    main_process = getpid();
    notify = asked;
    struct sigaction now, action = {.sa_sigaction = on_question, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigemptyset(&action.sa_mask);
    static const int numbers[] = {SIGUSR1, SIGQUIT};
    for (int each = 0; each < 2; each++) {
        if (sigaction(numbers[each], NULL, &now) == 0 && now.sa_handler != SIG_IGN) sigaction(numbers[each], &action, NULL);
    }
}

bool pmap_take_question(void) {
    bool was_asked = is_asked;
    is_asked = 0;
    return pmap_arena_take_question() || was_asked;
}

#define _GNU_SOURCE
#include "timeout.h"

#include <signal.h>
#include <stdio.h>

/* A worker is one process with one state. */
static struct {
    const volatile uint64_t *current, *condemned, *pressed;
    char text[64];
} timeout;

int pmap_timeout_signal(void) { return SIGRTMAX - 2; }

static bool is_current(const volatile uint64_t *item) { return *item != 0 && *item == *timeout.current; }

bool pmap_timeout_struck(void) { return timeout.current && is_current(timeout.condemned); }

static void on_signal(int number) {
    (void)number;
    pmap_interrupt(is_current(timeout.pressed));
}

void pmap_arm_timeout(
    lua_State *L, const uint64_t *current, const uint64_t *condemned, const uint64_t *pressed, const char *seconds) {
    timeout.condemned = condemned;
    timeout.pressed = pressed;
    timeout.current = current;
    snprintf(timeout.text, sizeof timeout.text, "timed out after %s s", seconds);
    pmap_arm_interruption(L, timeout.text, pmap_timeout_struck);
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(pmap_timeout_signal(), &action, NULL);
}

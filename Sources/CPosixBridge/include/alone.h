/* Signals of a run without workers: script and host are one process, and a signal comes in the middle of the script. */
#ifndef PMAP_ALONE_H
#define PMAP_ALONE_H

#include <stdbool.h>

#include "status.h"

/* The phase of the run. */
typedef enum { PMAP_OUTSIDE, PMAP_IN_SETUP, PMAP_IN_ITEMS, PMAP_IN_TEARDOWN, PMAP_PHASES } pmap_phase;

/* As pmap_catch_signals, for SIGINT, SIGTERM and SIGHUP, which arrive in the script, too. The first one stops the
 * worker that this process is before its next item. A second one, or five seconds after the first if that is not SIGINT,
 * calls `give_up`, and ends the process half a second later if the script has not been left by then. False when the kernel
 * has no timer. */
bool pmap_catch_alone(pmap_status *status, void (*give_up)(void));

/* Whether `give_up` was called. */
bool pmap_has_given_up(void);

/* Sets the message for the first signal, when it is this one and arrives in this phase. */
void pmap_set_signal_message(pmap_phase phase, int signal, const char *words);

/* Called before and after all code of the script. */
void pmap_enter_script(pmap_phase phase);
void pmap_leave_script_phase(void);

#endif

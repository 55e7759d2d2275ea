/* SIGUSR1, and a terminal's Ctrl-\ (SIGQUIT), ask a program who waits where. */
#ifndef PMAP_QUESTION_H
#define PMAP_QUESTION_H

#include <stdbool.h>

/* From now on both ask, in this process and in its forks, unless they are ignored; their handler calls `asked`. A second
 * SIGQUIT within two seconds ends the process. Forks ignore a SIGQUIT of the terminal, which reaches all of them. */
void pmap_catch_questions(void (*asked)(void));

/* Whether a question was asked that no process of the tree has answered yet; the caller answers it. */
bool pmap_take_question(void);

#endif

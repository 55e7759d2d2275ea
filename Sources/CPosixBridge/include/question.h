/* SIGUSR1, and a terminal's Ctrl-\ (SIGQUIT), ask a program who waits where. */
#ifndef PMAP_QUESTION_H
#define PMAP_QUESTION_H

#include <stdbool.h>

/* From now on both ask, in this process and in its forks, unless they are ignored; `asked` is called by their handler. A
 * second SIGQUIT within two seconds ends the process by it. That of a terminal, which reaches all of them, is for this
 * process. */
void pmap_hear_questions(void (*asked)(void));

/* Whether a question was asked that nobody of the tree has answered yet. */
bool pmap_take_question(void);

#endif

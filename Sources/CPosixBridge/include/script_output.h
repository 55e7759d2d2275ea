/* The standard output of a script and of all processes that it forks: when one of them fails to write, the main process knows
 * why, and says so at its end. */
#ifndef PMAP_SCRIPT_OUTPUT_H
#define PMAP_SCRIPT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/* This process is the main process of a script, which is about to begin. A SIGPIPE of its standard output or standard error
 * ends it from now on also where it comes to one of its forks. */
void pmap_begin_script_output(void);

/* Writes all bytes; with `in_one_piece` as pmap_write_atomically, otherwise until `is_interrupted`. A failure is noted. */
bool pmap_write_script_output(const void *bytes, size_t size, bool in_one_piece, bool (*is_interrupted)(void));

/* In the main process: the number of the first error, once, after all output was flushed, or 0; this process ends by SIGPIPE
 * if one of its forks has. In a fork 0, unless the main process has taken it, and found nothing. */
int pmap_take_output_failure(void);

/* exit(3) ends this process with the status that `change` makes of its own from now on. */
void pmap_change_exit_status(int (*change)(int status));

/* From now on a SIGPIPE ends this process only when its own standard output or standard error is broken; a write to a
 * program that has gone fails with EPIPE. Where the signal is ignored or caught already nothing changes. */
void pmap_survive_broken_pipes(void);

#endif

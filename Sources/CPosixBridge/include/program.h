/* Starting programs: fork and exec in one, at the same price for a process of any size. */
#ifndef PMAP_PROGRAM_H
#define PMAP_PROGRAM_H

#include <sys/types.h>

typedef struct {
    const char *const *paths;       /* tried one after the other, up to a NULL */
    const char *const *words;       /* argv */
    const char *const *environment; /* or NULL for this process's */
    const char *folder;             /* or NULL for this process's */
    int streams[3];                 /* what becomes 0, 1 and 2; -1 is /dev/null */
} pmap_program;

typedef enum { PMAP_AT_PROCESS, PMAP_AT_STREAM, PMAP_AT_FOLDER, PMAP_AT_PROGRAM } pmap_program_step;

/* Starts a program that has no other descriptors than these, whose signals do what they do by default, and that is
 * killed when this process ends. Answers its number, or -1 with errno and the step that failed. */
pid_t pmap_start_program(const pmap_program *program, pmap_program_step *failed);

/* Both ends of a pipe of ordinary size, close-on-exec; -1 on failure. A megabyte each, as between host and worker, would
 * use up the user's share of pipe memory with a few dozen programs. */
int pmap_small_pipe(int *reading, int *writing);

/* From now on a SIGPIPE ends this process only when its own standard output or standard error is broken; a write to a
 * program that has gone fails with EPIPE. Where the signal is ignored or caught already nothing changes. */
void pmap_survive_broken_pipes(void);

#endif

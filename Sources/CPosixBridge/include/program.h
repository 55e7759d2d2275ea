/* Starting programs: fork and exec in one, at the same price for a process of any size. */
#ifndef PMAP_PROGRAM_H
#define PMAP_PROGRAM_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

typedef struct {
    const char *const *paths;       /* tried one after the other, up to a NULL */
    const char *const *words;       /* argv */
    const char *const *environment; /* or NULL for this process's */
    const char *folder;             /* or NULL for this process's */
    int streams[3];                 /* what becomes 0, 1 and 2; -1 is /dev/null */
    bool as_system;                 /* other descriptors, and signals that are ignored, are its own too */
    bool is_apart;                  /* in a process group of its own, and nothing that it starts is killed with it */
} pmap_program;

typedef enum { PMAP_AT_PROCESS, PMAP_AT_STREAM, PMAP_AT_FOLDER, PMAP_AT_PROGRAM } pmap_program_step;

/* Starts a program that has no other descriptors than these, whose signals have their default actions, and that is killed
 * with its descendants when this process ends; pmap_wait_program reaps it. Answers its number, or -1 with errno and the step
 * that failed. */
pid_t pmap_start_program(const pmap_program *program, pmap_program_step *failed);

/* As system(3), but that a SIGINT which ends the program, or is this process's alone, takes effect once the program has
 * ended. Nothing is started when `is_over()` is true already. */
int pmap_run_shell(const char *command, bool (*is_over)(void));

/* As system(3), but signals keep their actions; after one with which `is_over()` is true the program is killed with its
 * descendants. */
int pmap_run_shell_until(const char *command, bool (*is_over)(void));

/* A program, and what it writes or what it reads; a fork of its owner has the stream, but not the program. */
typedef struct pmap_shell {
    FILE *stream;
    pid_t pid, owner;
    bool is_read;
    struct pmap_shell *next;
} pmap_shell;

/* As popen(3) and pclose(3). Nothing is started when a signal has come with which `is_over()` is true. */
pmap_shell *pmap_open_shell(const char *command, bool is_read, bool (*is_over)(void));
int pmap_close_shell(pmap_shell *shell);

/* Called when this process is about to end: programs that read what it writes get the end of input, and so long, or for ever
 * when that is negative, to end themselves; those that run after that are killed. */
void pmap_end_shells(int milliseconds);

/* Both ends of a pipe of ordinary size, close-on-exec; -1 on failure. A megabyte each, as between host and worker, would
 * use up the user's share of pipe memory with a few dozen programs. */
int pmap_small_pipe(int *reading, int *writing);

#endif

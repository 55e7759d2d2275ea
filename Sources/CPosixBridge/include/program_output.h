/* The output of programs: a pipe, and a thread that empties it into memory, however much they write and whatever this process
 * does meanwhile. A program may open a pipe anew, as in `> /dev/stdout`, and loses nothing of what is in it, as it does in a
 * file. */
#ifndef PMAP_PROGRAM_OUTPUT_H
#define PMAP_PROGRAM_OUTPUT_H

#include "printed.h"

#include <stdbool.h>
#include <stddef.h>

/* Programs write to the pipe that `reading` is the end of, for as long as the process. What they write is kept in `printed`
 * as far as it goes, unless that is NULL. */
void pmap_collect_program_output(int reading, pmap_printed *printed);

/* Starts the thread, if it does not run yet; called before a program is started. False, with errno, when this process may have
 * no thread: what does not fit into the pipe would wait for ever. */
bool pmap_start_collecting(void);

/* Moves what was written before this call to where `reserve(size)` answers, unless that is NULL; returns how much. Nothing in a
 * fork of the process. */
size_t pmap_take_program_output(char *(*reserve)(size_t size));

/* How many threads of this process are not the script's. */
int pmap_collecting_threads(void);

#endif

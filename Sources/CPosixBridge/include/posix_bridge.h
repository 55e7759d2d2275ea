/* System calls that Swift cannot make itself: fork, signal handlers, and calls that Glibc's Swift overlay leaves out. */
#ifndef PMAP_POSIX_BRIDGE_H
#define PMAP_POSIX_BRIDGE_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

/* fork(2), after all C streams were flushed, so that nothing buffered is written twice. */
pid_t pmap_fork(void);

/* A word of the command line, of which the name of the program is the first, or NULL. Swift would look in /proc. */
const char *pmap_command_word(int index);

/* Keeps the exit statuses of children: where SIGCHLD is ignored the kernel reaps them itself. */
void pmap_keep_child_statuses(void);

/* In the first process of a container, which gets all orphans and which no signal ends by default: goes on in a child. The
 * first process is its init: it reaps, forwards signals, and exits as the child does, with 128 + n at the end by signal n. */
void pmap_become_init(void);

/* Threads of this process, or 0 when /proc does not say. */
int pmap_threads(void);

/* A descriptor that becomes readable when `pid` ends; close-on-exec. */
int pmap_pidfd_open(pid_t pid);

/* A list of watched descriptors, of epoll(7): makes one, adds a descriptor under its owner's number, removes one, and
 * answers the owners, at most `most`, of those that can be read or whose other end is closed, without waiting. */
int pmap_watchlist(void);
int pmap_watch(int list, int descriptor, int64_t owner);
int pmap_unwatch(int list, int descriptor);
int pmap_ready(int list, int64_t *owners, int most);

/* Raises the limit of descriptors to `wanted`, as far as the hard limit allows it; a forked child restores the old one. */
void pmap_raise_descriptor_limit(rlim_t wanted);
void pmap_restore_descriptor_limit(void);

/* Closes the descriptors from `first` to `last`. */
void pmap_close_range(unsigned first, unsigned last);

/* A pipe of up to a megabyte (less past the user's share of pipe memory), both ends close-on-exec; -1 on failure. */
int pmap_pipe(int *reading, int *writing);

/* A file in `folder` without a name; close-on-exec. */
int pmap_open_temporary(const char *folder);

/* A file in memory, close-on-exec, or -1. */
int pmap_open_in_memory(const char *name);

/* The current directory, to open files relative to it later; close-on-exec. */
int pmap_open_current_directory(void);

/* The bits of the affinity mask, or 0. */
int pmap_affinity_count(void);

/* "SEGV" of SIGSEGV, or NULL. */
const char *pmap_signal_name(int number);

/* The runtime's crash handlers are taken away: a crash ends this process with its signal and nothing else. A SIGCHLD
 * that was ignored is not any more. */
void pmap_restore_signals(void);

/* SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGQUIT and SIGUSR1 are counted from now on and arrive only inside pmap_ppoll; SIGPIPE
 * and SIGXFSZ are ignored. One that was ignored stays so. */
void pmap_catch_signals(void);
/* The same for the first three of them, which arrive also while they are not blocked; the handler calls `notify` for each.
 * Programs that are started have the default actions of all of these signals. */
void pmap_catch_endings(void (*notify)(int signal));
void pmap_block_endings(bool are_blocked);
/* A write that fails at RLIMIT_FSIZE can be told; the signal for it could not. */
void pmap_ignore_file_limit(void);

/* Lets the counted signals arrive now: ppoll lets them in only when it has to wait. */
void pmap_deliver_signals(void);

/* How often `signal` has arrived since the last call. */
int pmap_take_signal(int signal);
/* The same number, which is left as it is. */
int pmap_signal_count(int signal);

/* What a forked child undoes of pmap_catch_signals. */
void pmap_release_signals(void);

/* A memory barrier on every processor that runs a process which has called pmap_register_memory_barrier; false when the
 * kernel has no membarrier(2). */
bool pmap_memory_barrier(void);
void pmap_register_memory_barrier(void);

/* The signal that has stopped a child, or 0 while it is not stopped. */
int pmap_stop_signal(pid_t pid);

/* How many columns the terminal has that this is, or 0. */
int pmap_terminal_columns(int descriptor);

/* Saves the terminal's modes, if this process is in the foreground there. */
void pmap_save_terminal_modes(void);

/* Puts the group of a child in the foreground of the terminal, and lets it go on there; false, and nothing is done, where
 * this process is not in the foreground itself. */
bool pmap_lend_terminal(pid_t group);

/* Puts this process's group in the foreground again, unless another group is there; with the saved modes, if need be. */
void pmap_take_terminal_back(pid_t group, bool restores_modes);

/* In a child, which leads a group of its own: from now on a Ctrl-C that reaches it, as it has the terminal, is forwarded to
 * the group of `host`. */
void pmap_forward_interrupts(pid_t host);

/* Forwards such a SIGINT; false for another one. */
bool pmap_forward_interrupt(const siginfo_t *signal);

/* Crashes of this process, and of those that it starts, write no core file. */
void pmap_disable_core_files(void);

/* Ends this process by `signal`, as its default action. */
void pmap_die_by(int signal);

/* ppoll(2) with the caught signals let in; `milliseconds` < 0 waits for ever. */
int pmap_ppoll(struct pollfd *descriptors, nfds_t count, long long milliseconds);

/* From now on SIGINT calls `ask` in this process, unless SIGINT was ignored. Another one within two seconds, or while
 * `is_asked()`, ends the process; but one that comes at once, and not from a terminal, is the same one. In its forks a SIGINT
 * of the terminal does nothing, and any other one ends the fork. */
void pmap_catch_interrupts(void (*ask)(void), bool (*is_asked)(void));

/* In such a fork, not in those of its own: no SIGINT does anything. */
void pmap_ignore_interrupts(void);

/* In such a fork: system calls are restarted after it. */
void pmap_restart_on_interrupts(void);

/* Makes this process and those that it starts a group, which is killed when `parent` ends; false when it has already. */
bool pmap_tie_group_to_parent(pid_t parent);

/* Does the same again for the group that it leads: a task may have blocked or ignored the signal, and the kernel drops it
 * when a process gets other rights. */
bool pmap_renew_group_tie(pid_t parent);

/* From now on the group of this leader stops with this process at SIGTSTP, and continues with it; 0 frees the index. */
void pmap_set_stop_group(size_t index, pid_t leader);

/* Bytes of standard input that C's stream has read ahead, which can be taken without reading. */
size_t pmap_input_read_ahead(void);
size_t pmap_take_input(void *buffer, size_t size);

/* Drops what C's standard input has read ahead. */
void pmap_purge_input(void);

/* Makes the kernel kill this process when `parent` ends; false when it has ended already. Its group stays the same. */
bool pmap_tie_to_parent(pid_t parent);

/* Writes all bytes in one piece: files and terminals do that themselves; a pipe, which takes no more than 4096 bytes at once
 * for sure, is locked, and so is a socket. False, with errno, when it cannot. */
bool pmap_write_atomically(int descriptor, const void *bytes, size_t size);

#endif

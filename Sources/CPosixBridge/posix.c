/* System calls that Swift cannot make itself: fork, signals, limits, and what Glibc's overlay leaves out. */
#define _GNU_SOURCE
#include "posix_bridge.h"
#include "original.h"

#include "arena.h"
#include "group.h"
#include "program_output.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <linux/membarrier.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int word_count;
static char **words;

/* The C library calls it as it calls main. */
__attribute__((constructor)) static void note_words(int count, char **arguments) {
    word_count = count;
    words = arguments;
}

const char *pmap_command_word(int index) { return index < word_count ? words[index] : NULL; }

pid_t pmap_fork(void) {
    fflush(NULL);
    pmap_keep_child_statuses();
    pid_t pid = fork();
    if (pid == 0) pmap_note_flushed_copy();
    return pid;
}

void pmap_keep_child_statuses(void) {
    struct sigaction now;
    if (sigaction(SIGCHLD, NULL, &now) == 0 && (now.sa_handler == SIG_IGN || now.sa_flags & SA_NOCLDWAIT)) {
        signal(SIGCHLD, SIG_DFL);
    }
}

void pmap_become_init(void) {
    if (getpid() != 1) return;
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t child = fork();
    if (child <= 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        return;
    }
    close_range(0, ~0U, 0);
    for (;;) {
        siginfo_t arrived;
        int number = sigwaitinfo(&all, &arrived), status;
        /* A signal of the kernel's, such as a terminal's, has reached the child as well, which is in the same group. */
        if (number > 0 && number != SIGCHLD && arrived.si_code != SI_KERNEL) kill(child, number);
        for (pid_t ended; (ended = waitpid(-1, &status, WNOHANG)) > 0;) {
            if (ended == child) _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
        }
    }
}

int pmap_threads(void) {
    struct stat tasks; /* a directory has a link for itself, its name, and each directory in it */
    return stat("/proc/self/task", &tasks) == 0 ? (int)tasks.st_nlink - 2 - pmap_collecting_threads() : 0;
}

int pmap_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int pmap_watchlist(void) { return epoll_create1(EPOLL_CLOEXEC); }

int pmap_watch(int list, int descriptor, int64_t owner) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)owner};
    return epoll_ctl(list, EPOLL_CTL_ADD, descriptor, &event);
}

int pmap_unwatch(int list, int descriptor) { return epoll_ctl(list, EPOLL_CTL_DEL, descriptor, NULL); }

int pmap_ready(int list, int64_t *owners, int most) {
    struct epoll_event events[256];
    int count = epoll_wait(list, events, most < 256 ? most : 256, 0);
    for (int each = 0; each < count; each++) owners[each] = (int64_t)events[each].data.u64;
    return count;
}

static rlim_t descriptors_before; /* 0: the limit was not raised */

void pmap_raise_descriptor_limit(rlim_t wanted) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && descriptors_before == 0) descriptors_before = before;
}

void pmap_restore_descriptor_limit(void) {
    struct rlimit limit;
    if (descriptors_before == 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = descriptors_before;
    setrlimit(RLIMIT_NOFILE, &limit);
}

void pmap_close_range(unsigned first, unsigned last) {
    if (close_range(first, last, 0) == 0) return;
    for (unsigned each = first; each <= last; each++) close((int)each);
}

int pmap_pipe(int *reading, int *writing) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    *reading = ends[0];
    *writing = ends[1];
    fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
    return 0;
}

int pmap_open_in_memory(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int pmap_open_temporary(const char *folder) {
    int file = open(folder, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    if (file >= 0) return file;
    char name[4096]; /* a file system without O_TMPFILE */
    if (snprintf(name, sizeof name, "%s/pmap-XXXXXX", folder) >= (int)sizeof name) return -1;
    file = mkostemp(name, O_CLOEXEC);
    if (file >= 0) unlink(name);
    return file;
}

/* The link in /proc leads also to a directory that may not be entered. */
int pmap_open_current_directory(void) {
    int folder = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return folder < 0 && errno == EACCES ? open("/proc/self/cwd", O_PATH | O_DIRECTORY | O_CLOEXEC) : folder;
}

int pmap_affinity_count(void) {
    static unsigned char mask[8192]; /* 65,536 processors */
    int count = 0;
    if (sched_getaffinity(0, sizeof mask, (cpu_set_t *)mask) != 0) return 0;
    for (size_t each = 0; each < sizeof mask; each++) count += __builtin_popcount(mask[each]);
    return count;
}

const char *pmap_signal_name(int number) { return sigabbrev_np(number); }

void pmap_restore_signals(void) {
    pmap_keep_child_statuses();
    static const int crashes[] = {SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV};
    for (size_t each = 0; each < sizeof crashes / sizeof *crashes; each++) {
        struct sigaction now;
        if (sigaction(crashes[each], NULL, &now) == 0 && now.sa_handler != SIG_IGN) signal(crashes[each], SIG_DFL);
    }
}

static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGQUIT, SIGUSR1};
enum { caught_count = sizeof caught / sizeof *caught, ending_count = 3 };

static atomic_int arrived[NSIG];
static sigset_t waiting_mask; /* the process's own, without the caught signals */
static bool are_caught;

static sigset_t blocked_mask; /* the same with them */
static void (*notify)(int number);

static void count_signal(int number) {
    atomic_fetch_add(&arrived[number], 1);
    if (notify) notify(number);
}

void pmap_ignore_file_limit(void) { signal(SIGXFSZ, SIG_IGN); }

static void catch(int count, int flags) {
    struct sigaction action = {.sa_handler = count_signal, .sa_flags = flags};
    sigemptyset(&action.sa_mask);
    for (int each = 0; each < count; each++) sigaddset(&action.sa_mask, caught[each]);
    sigprocmask(SIG_SETMASK, NULL, &waiting_mask);
    blocked_mask = waiting_mask;
    for (int each = 0; each < count; each++) {
        struct sigaction before;
        sigdelset(&waiting_mask, caught[each]);
        sigaction(caught[each], NULL, &before);
        if (before.sa_handler == SIG_IGN) continue;
        sigaction(caught[each], &action, NULL);
        sigaddset(&blocked_mask, caught[each]);
    }
    sigprocmask(SIG_SETMASK, &blocked_mask, NULL);
    are_caught = true;
}

void pmap_catch_signals(void) {
    notify = NULL;
    catch(caught_count, 0); /* no SA_RESTART: waiting calls come back */
    signal(SIGPIPE, SIG_IGN);
    pmap_ignore_file_limit();
}

static void ignore(int number) { (void)number; }

void pmap_catch_endings(void (*new_notify)(int number)) {
    notify = new_notify;
    catch(ending_count, SA_RESTART); /* for the script's calls; those of the host come back all the same */
    /* What is ignored would be ignored by the script's programs, too. */
    signal(SIGPIPE, ignore);
    signal(SIGXFSZ, ignore);
}

void pmap_block_endings(bool are_blocked) { sigprocmask(SIG_SETMASK, are_blocked ? &blocked_mask : &waiting_mask, NULL); }

void pmap_deliver_signals(void) {
    sigset_t before;
    sigprocmask(SIG_SETMASK, &waiting_mask, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

int pmap_take_signal(int number) { return atomic_exchange(&arrived[number], 0); }
int pmap_signal_count(int number) { return atomic_load(&arrived[number]); }

void pmap_release_signals(void) {
    if (!are_caught) return;
    for (int each = 0; each < caught_count; each++) {
        struct sigaction now;
        sigaction(caught[each], NULL, &now);
        if (now.sa_handler == count_signal) signal(caught[each], SIG_DFL);
    }
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    sigprocmask(SIG_SETMASK, &waiting_mask, NULL);
}

void pmap_die_by(int number) {
    sigset_t only;
    signal(number, SIG_DFL);
    sigemptyset(&only);
    sigaddset(&only, number);
    kill(getpid(), number);
    sigprocmask(SIG_UNBLOCK, &only, NULL);
    _exit(128 + number);
}

int pmap_ppoll(struct pollfd *descriptors, nfds_t count, long long milliseconds) {
    struct timespec limit = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};
    const sigset_t *mask = pmap_wakeup_mask();
    if (!mask && are_caught) mask = &waiting_mask;
    return ppoll(descriptors, count, milliseconds < 0 ? NULL : &limit, mask);
}

void pmap_register_memory_barrier(void) { syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0); }

bool pmap_memory_barrier(void) {
    return syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0) == 0
           || syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) == 0;
}

int pmap_stop_signal(pid_t pid) {
    siginfo_t state = {0};
    bool is_stopped = waitid(P_PID, (id_t)pid, &state, WSTOPPED | WNOHANG | WNOWAIT) == 0 && state.si_pid == pid;
    return is_stopped ? state.si_status : 0;
}

void pmap_disable_core_files(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) != 0) return;
    limit.rlim_cur = 0; /* and not the hard one: a task may still ask for core files */
    setrlimit(RLIMIT_CORE, &limit);
}

/* SIGKILL as the parent-death signal would leave the children of a worker alive. The group is the one that this process
 * leads: it may have been moved to another. */
static void kill_group(int number) {
    (void)number;
    kill(-getpid(), SIGKILL);
    kill(getpid(), SIGKILL);
}

static pid_t *leaders;
static size_t leader_capacity;

/* The terminal's signals do not reach the groups of workers: they stop, and continue, with this process. */
static void stop_with_groups(int number) {
    int before = errno;
    for (size_t each = 0; each < leader_capacity; each++) {
        if (leaders[each] > 0) kill(-leaders[each], number);
    }
    raise(SIGSTOP);
    for (size_t each = 0; each < leader_capacity; each++) {
        if (leaders[each] > 0) kill(-leaders[each], SIGCONT);
    }
    errno = before;
}

void pmap_set_stop_group(size_t index, pid_t leader) {
    sigset_t stop, before;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    sigprocmask(SIG_BLOCK, &stop, &before);
    if (index >= leader_capacity) {
        size_t capacity = 2 * index + 8;
        pid_t *grown = realloc(leaders, capacity * sizeof *leaders);
        if (grown) {
            memset(grown + leader_capacity, 0, (capacity - leader_capacity) * sizeof *leaders);
            leaders = grown;
            leader_capacity = capacity;
        }
    }
    if (index < leader_capacity) leaders[index] = leader;
    struct sigaction now, action = {.sa_handler = stop_with_groups, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGTSTP, NULL, &now);
    if (now.sa_handler == SIG_DFL) sigaction(SIGTSTP, &action, NULL);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

/* A fork of a process with stop groups has none itself. */
static void clear_stop_groups(void) {
    struct sigaction now;
    leader_capacity = 0;
    sigaction(SIGTSTP, NULL, &now);
    if (now.sa_handler == stop_with_groups) signal(SIGTSTP, SIG_DFL);
}

pid_t pmap_group_leader;

bool pmap_tie_group_to_parent(pid_t parent) {
    clear_stop_groups();
    setpgid(0, 0);
    pmap_group_leader = getpid();
    signal(SIGTTOU, SIG_IGN); /* a terminal with `stty tostop` would stop whoever writes to it in the background */
    return pmap_renew_group_tie(parent);
}

bool pmap_renew_group_tie(pid_t parent) {
    int number = SIGRTMAX - 1;
    struct sigaction action = {.sa_handler = kill_group};
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, number);
    sigprocmask(SIG_UNBLOCK, &only, NULL);
    prctl(PR_SET_PDEATHSIG, number);
    return getppid() == parent;
}

size_t pmap_input_read_ahead(void) { return (size_t)(stdin->_IO_read_end - stdin->_IO_read_ptr); }

size_t pmap_take_input(void *buffer, size_t size) { return fread(buffer, 1, size, stdin); }

void pmap_purge_input(void) {
    __fpurge(stdin);
    clearerr(stdin);
}

bool pmap_tie_to_parent(pid_t parent) {
    pmap_restart_on_interrupts();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return getppid() == parent;
}

/* Swift's library calls it, and takes a version of it that only glibc 2.35 has; all others are in 2.34. */
float hypotf(float x, float y) { return (float)sqrt((double)x * x + (double)y * y); }

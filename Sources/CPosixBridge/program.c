/* Starting programs, by vfork, as fork would copy the page tables of a script with gigabytes of tables: the child runs in
 * this process's memory until it execs, and calls nothing that must not be called there. */
#define _GNU_SOURCE
#include "guard.h"
#include "posix_bridge.h"
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* The failure that the child reports to its parent, in shared memory. */
typedef struct {
    volatile pmap_program_step step;
    volatile int code;
} failure;

/* Signals that a shell or nohup may ignore for the whole job stay ignored, and with system(3) all of them; the others are
 * restored. Handlers end at exec, but a signal that arrives before it must not run one in the parent's memory. */
static void reset_signals(bool as_system) {
    for (int number = 1; number < NSIG; number++) {
        struct sigaction now;
        if (sigaction(number, NULL, &now) != 0 || now.sa_handler == SIG_DFL) continue;
        bool of_job = number == SIGHUP || number == SIGINT || number == SIGQUIT || number == SIGTSTP || number == SIGTTIN
                     || number == SIGTTOU;
        if (now.sa_handler == SIG_IGN && (of_job || as_system)) continue;
        struct sigaction action = {.sa_handler = SIG_DFL};
        sigemptyset(&action.sa_mask);
        sigaction(number, &action, NULL);
    }
}

/* Moves descriptors first away from 0, 1 and 2, which they become. One that this process has closed itself is /dev/null. */
static int redirect_streams(const int *streams, bool as_system) {
    int sources[3];
    for (int each = 0; each < 3; each++) {
        bool is_null = streams[each] < 0 || (streams[each] == each && fcntl(each, F_GETFD) < 0);
        int source = is_null ? open("/dev/null", O_RDWR | O_CLOEXEC) : streams[each];
        if (source >= 0 && source < 3 && source != each) source = fcntl(source, F_DUPFD_CLOEXEC, 3);
        if (source < 0) return -1;
        sources[each] = source;
    }
    for (int each = 0; each < 3; each++) {
        if (sources[each] != each && dup2(sources[each], each) < 0) return -1;
        if (fcntl(each, F_SETFD, 0) < 0) return -1;
    }
    return as_system || close_range(3, ~0U, 0) == 0 || errno == ENOSYS ? 0 : -1;
}

/* Executes the first program of the paths, as a shell does: one that may not be executed is skipped for one that may. */
static int exec_first(const pmap_program *program) {
    char *const *environment = program->environment ? (char *const *)program->environment : environ;
    int reason = ENOENT;
    for (const char *const *path = program->paths; *path; path++) {
        execve(*path, (char *const *)program->words, environment);
        if (errno == EACCES) reason = EACCES;
        if (errno != EACCES && errno != ENOENT && errno != ENOTDIR) return errno;
    }
    return reason;
}

__attribute__((noinline)) static _Noreturn void exec_program(
    const pmap_program *program, pid_t parent, volatile pid_t *entry, failure *reported) {
    if (entry) {
        *entry = getpid();
    } else {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* its own children may stay */
        if (getppid() != parent) _exit(127);
    }
    if (program->is_apart) setpgid(0, 0);
    reset_signals(program->as_system);
    reported->step = PMAP_AT_STREAM;
    if (redirect_streams(program->streams, program->as_system) != 0) goto failed;
    reported->step = PMAP_AT_FOLDER;
    if (program->folder && chdir(program->folder) != 0) goto failed;
    reported->step = PMAP_AT_PROGRAM;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    errno = exec_first(program);
failed:
    reported->code = errno;
    _exit(127);
}

pid_t pmap_start_program(const pmap_program *program, pmap_program_step *failed) {
    failure reported = {PMAP_AT_PROCESS, 0};
    sigset_t all, before;
    pid_t parent = getpid();
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    pmap_keep_child_statuses();
    volatile pid_t *entry = program->is_apart ? NULL : pmap_guard_entry();
    sigset_t pending;
    sigpending(&pending); /* a Ctrl-C from before the fork is this process's alone, and ends what a shell was to do */
    bool is_interrupted = program->as_system && sigismember(&pending, SIGINT);
    pid_t pid = is_interrupted ? -1 : vfork();
    if (pid == 0) exec_program(program, parent, entry, &reported);
    int code = is_interrupted ? EINTR : pid < 0 ? errno : reported.code;
    if (code != 0 && entry) *entry = 0;
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (code == 0) return pid;
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    *failed = reported.step;
    errno = code;
    return -1;
}

/* ---- Shells ---- */

static siginfo_t interrupt; /* the last one, or zero */

static void note_interrupt(int number, siginfo_t *signal, void *context) {
    (void)number, (void)context;
    if (!pmap_forward_interrupt(signal)) interrupt = *signal;
}

/* Lets the interrupt take effect now. */
static void repeat_interrupt(const struct sigaction *action) {
    if (action->sa_flags & SA_SIGINFO) {
        action->sa_sigaction(SIGINT, &interrupt, NULL);
    } else {
        raise(SIGINT);
    }
}

static pid_t start_shell(const char *command, int input, int output) {
    const char *const paths[] = {"/bin/sh", NULL}, *const words[] = {"sh", "-c", "--", command, NULL};
    pmap_program program = {.paths = paths, .words = words, .streams = {input, output, 2}, .as_system = true};
    pmap_program_step failed;
    return pmap_start_program(&program, &failed);
}

/* A signal that was pending has come by the time nothing is started for it, and may end nothing. */
static pid_t start_shell_unless(bool (*is_over)(void), const char *command, int input, int output) {
    sigset_t blocked;
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    pid_t pid;
    do pid = start_shell(command, input, output);
    while (pid < 0 && errno == EINTR && !sigismember(&blocked, SIGINT) && !is_over());
    return pid;
}

int pmap_run_shell(const char *command, bool (*is_over)(void)) {
    struct sigaction noting = {.sa_sigaction = note_interrupt, .sa_flags = SA_SIGINFO | SA_RESTART};
    struct sigaction ignoring = {.sa_handler = SIG_IGN};
    struct sigaction interrupt_before, quit_before;
    sigset_t keyboard, before;
    sigemptyset(&keyboard);
    sigaddset(&keyboard, SIGINT);
    sigaddset(&keyboard, SIGQUIT);
    sigprocmask(SIG_BLOCK, &keyboard, &before);
    interrupt = (siginfo_t){0};
    pid_t pid = is_over() ? -1 : start_shell(command, 0, 1);
    int reason = pid < 0 && is_over() ? EINTR : errno;
    sigaction(SIGINT, NULL, &interrupt_before);
    if (interrupt_before.sa_handler != SIG_IGN) sigaction(SIGINT, &noting, NULL);
    sigaction(SIGQUIT, &ignoring, &quit_before);
    sigprocmask(SIG_SETMASK, &before, NULL);
    int status = -1;
    if (pid > 0 && pmap_wait_program(pid, &status, 0) < 0) status = -1, reason = errno;
    sigaction(SIGINT, &interrupt_before, NULL);
    sigaction(SIGQUIT, &quit_before, NULL);
    bool is_interrupted = status != -1 && (WIFSIGNALED(status) ? WTERMSIG(status) == SIGINT : WEXITSTATUS(status) == 130);
    bool is_terminals = interrupt.si_code == SI_KERNEL; /* which the program has had as well, and may have answered */
    if (interrupt.si_signo && (pid < 0 || is_interrupted || !is_terminals)) repeat_interrupt(&interrupt_before);
    errno = reason;
    return status;
}

int pmap_run_shell_until(const char *command, bool (*is_over)(void)) {
    pid_t pid = start_shell_unless(is_over, command, 0, 1);
    int status = -1;
    if (pid < 0) return -1;
    struct pollfd end = {.fd = pmap_pidfd_open(pid), .events = POLLIN};
    while (end.fd >= 0 && poll(&end, 1, -1) < 0 && errno == EINTR) {
        if (is_over()) pmap_kill_trees(&pid, 1);
    }
    if (end.fd >= 0) close(end.fd);
    return pmap_wait_program(pid, &status, 0) < 0 ? -1 : status;
}

static pmap_shell *open_shells;

pmap_shell *pmap_open_shell(const char *command, bool is_read, bool (*is_over)(void)) {
    int ends[2], reason;
    pmap_shell *shell = malloc(sizeof *shell);
    if (!shell || pipe2(ends, O_CLOEXEC) != 0) {
        free(shell);
        return NULL;
    }
    int ours = ends[is_read ? 0 : 1], theirs = ends[is_read ? 1 : 0];
    *shell = (pmap_shell){.owner = getpid(), .is_read = is_read, .stream = fdopen(ours, is_read ? "r" : "w")};
    shell->pid = shell->stream ? start_shell_unless(is_over, command, is_read ? 0 : theirs, is_read ? theirs : 1) : -1;
    reason = errno;
    close(theirs);
    if (shell->pid > 0) {
        shell->next = open_shells;
        return open_shells = shell;
    }
    if (shell->stream) {
        fclose(shell->stream);
    } else {
        close(ours);
    }
    free(shell);
    errno = reason;
    return NULL;
}

int pmap_close_shell(pmap_shell *shell) {
    int status = -1;
    for (pmap_shell **each = &open_shells; *each; each = &(*each)->next) {
        if (*each != shell) continue;
        *each = shell->next;
        break;
    }
    fclose(shell->stream);
    if (shell->owner != getpid()) {
        errno = ECHILD;
    } else if (pmap_wait_program(shell->pid, &status, 0) < 0) {
        status = -1;
    }
    int reason = errno;
    free(shell);
    errno = reason;
    return status;
}

/* Ends the input of the program, while the stream stays open for the script. */
static void end_input(const pmap_shell *shell) {
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    fflush(shell->stream);
    if (null < 0) return;
    dup3(null, fileno(shell->stream), O_CLOEXEC);
    close(null);
}

static void wait_for_end(pid_t pid, int milliseconds) {
    struct pollfd end = {.fd = pmap_pidfd_open(pid), .events = POLLIN};
    if (end.fd < 0) return;
    while (poll(&end, 1, milliseconds) < 0 && errno == EINTR) {}
    close(end.fd);
}

void pmap_end_shells(int milliseconds) {
    for (const pmap_shell *each = open_shells; each; each = each->next) {
        if (!each->is_read && each->owner == getpid()) end_input(each);
    }
    for (const pmap_shell *each = open_shells; each; each = each->next) {
        if (each->owner != getpid()) continue;
        if (!each->is_read) wait_for_end(each->pid, milliseconds);
        siginfo_t ended = {0};
        bool is_mine = waitid(P_PID, (id_t)each->pid, &ended, WEXITED | WNOWAIT | WNOHANG) == 0;
        if (is_mine && ended.si_pid == 0) pmap_kill_trees(&each->pid, 1);
    }
}

int pmap_small_pipe(int *reading, int *writing) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    *reading = ends[0];
    *writing = ends[1];
    return 0;
}

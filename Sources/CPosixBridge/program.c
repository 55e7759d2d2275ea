/* vfork, because fork would copy the page tables of a script with gigabytes of tables; so the child runs in this
 * process's memory until it execs, and calls nothing that must not be called there. */
#define _GNU_SOURCE
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child tells its parent: they share it. */
typedef struct {
    volatile pmap_program_step step;
    volatile int code;
} failure;

/* Those that a shell or nohup may have had ignored for the whole job stay so; the others are ours to restore. Handlers
 * go at exec, but a signal that is let in before it must not run one in memory that is not the child's. */
static void reset_signals(void) {
    for (int number = 1; number < NSIG; number++) {
        struct sigaction now;
        if (sigaction(number, NULL, &now) != 0 || now.sa_handler == SIG_DFL) continue;
        bool of_job = number == SIGHUP || number == SIGINT || number == SIGQUIT || number == SIGTSTP || number == SIGTTIN
                     || number == SIGTTOU;
        if (now.sa_handler == SIG_IGN && of_job) continue;
        struct sigaction action = {.sa_handler = SIG_DFL};
        sigemptyset(&action.sa_mask);
        sigaction(number, &action, NULL);
    }
}

/* First out of the way of 0, 1 and 2, which they become. One that this process has closed itself is as /dev/null. */
static int lead_streams(const int *streams) {
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
    return close_range(3, ~0U, 0) == 0 || errno == ENOSYS ? 0 : -1;
}

/* As a shell looks for a program: one that may not be run is passed over for one that may. */
static int run_first(const pmap_program *program) {
    char *const *environment = program->environment ? (char *const *)program->environment : environ;
    int refusal = ENOENT;
    for (const char *const *path = program->paths; *path; path++) {
        execve(*path, (char *const *)program->words, environment);
        if (errno == EACCES) refusal = EACCES;
        if (errno != EACCES && errno != ENOENT && errno != ENOTDIR) return errno;
    }
    return refusal;
}

__attribute__((noinline)) static _Noreturn void become(const pmap_program *program, pid_t parent, failure *told) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    reset_signals();
    told->step = PMAP_AT_STREAM;
    if (lead_streams(program->streams) != 0) goto failed;
    told->step = PMAP_AT_FOLDER;
    if (program->folder && chdir(program->folder) != 0) goto failed;
    told->step = PMAP_AT_PROGRAM;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    errno = run_first(program);
failed:
    told->code = errno;
    _exit(127);
}

pid_t pmap_start_program(const pmap_program *program, pmap_program_step *failed) {
    failure told = {PMAP_AT_PROCESS, 0};
    sigset_t all, before;
    pid_t parent = getpid();
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    pid_t pid = vfork();
    if (pid == 0) become(program, parent, &told);
    int code = pid < 0 ? errno : told.code;
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (code == 0) return pid;
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    *failed = told.step;
    errno = code;
    return -1;
}

int pmap_small_pipe(int *reading, int *writing) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    *reading = ends[0];
    *writing = ends[1];
    return 0;
}

static void on_broken_pipe(int number) {
    int before = errno;
    struct pollfd own[] = {{STDOUT_FILENO, 0, 0}, {STDERR_FILENO, 0, 0}};
    if (poll(own, 2, 0) > 0 && ((own[0].revents | own[1].revents) & (POLLERR | POLLHUP))) {
        signal(number, SIG_DFL);
        raise(number);
    }
    errno = before;
}

void pmap_survive_broken_pipes(void) {
    struct sigaction now;
    if (sigaction(SIGPIPE, NULL, &now) != 0 || now.sa_handler != SIG_DFL) return;
    struct sigaction action = {.sa_handler = on_broken_pipe, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGPIPE, &action, NULL);
}

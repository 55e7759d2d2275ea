/* The terminal of this session, which is lent to a worker's group for a while. The group in the foreground may read from it
 * and gets its signals; a process of another group that reads from it is stopped. */
#define _GNU_SOURCE
#include "posix_bridge.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

int pmap_terminal_columns(int descriptor) {
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static struct termios modes;
static bool has_modes;

static bool is_lent;
static struct sigaction reading_before, writing_before; /* of SIGTTIN and SIGTTOU */

static int open_terminal(void) { return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NONBLOCK); }

void pmap_save_terminal_modes(void) {
    int terminal = open_terminal();
    if (terminal < 0) return;
    has_modes = tcgetpgrp(terminal) == getpgrp() && tcgetattr(terminal, &modes) == 0;
    close(terminal);
}

bool pmap_lend_terminal(pid_t group) {
    int terminal = open_terminal();
    if (terminal < 0) return false;
    pid_t foreground = tcgetpgrp(terminal);
    bool may_read = foreground == group || (foreground == getpgrp() && tcsetpgrp(terminal, group) == 0);
    close(terminal);
    if (!may_read) return false;
    if (!is_lent) { /* writing meanwhile must not stop this process, nor taking the terminal back */
        struct sigaction ignoring = {.sa_handler = SIG_IGN};
        sigaction(SIGTTIN, &ignoring, &reading_before);
        sigaction(SIGTTOU, &ignoring, &writing_before);
        is_lent = true;
    }
    kill(-group, SIGCONT);
    return true;
}

/* A shell may have taken it while this process was stopped, and given it to another group. */
static bool is_still_lent(int terminal, pid_t group) {
    pid_t foreground = tcgetpgrp(terminal);
    return foreground == group || (foreground > 0 && kill(-foreground, 0) != 0 && errno == ESRCH);
}

void pmap_take_terminal_back(pid_t group, bool restores_modes) {
    if (!is_lent) return;
    int terminal = open_terminal();
    if (terminal >= 0 && is_still_lent(terminal, group) && tcsetpgrp(terminal, getpgrp()) == 0) {
        if (restores_modes && has_modes) tcsetattr(terminal, TCSANOW, &modes);
        kill(0, SIGCONT); /* a pager, say, that has tried to read meanwhile */
    }
    if (terminal >= 0) close(terminal);
    sigaction(SIGTTIN, &reading_before, NULL);
    sigaction(SIGTTOU, &writing_before, NULL);
    is_lent = false;
}

static pid_t forwarder, receiver;

bool pmap_forward_interrupt(const siginfo_t *signal) {
    bool is_terminals = signal->si_code == SI_KERNEL && getpid() == forwarder && getpgrp() == forwarder;
    if (!is_terminals) return false;
    if (getppid() != receiver || kill(-getpgid(receiver), SIGINT) != 0) return true;
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL); /* so that the host can prevent that a further item begins */
    return true;
}

static void on_interrupt(int number, siginfo_t *interrupt, void *context) {
    (void)context;
    int before = errno;
    if (!pmap_forward_interrupt(interrupt)) {
        signal(number, SIG_DFL);
        raise(number);
    }
    errno = before;
}

void pmap_forward_interrupts(pid_t host) {
    if (is_lent) sigaction(SIGTTIN, &reading_before, NULL); /* by this process's parent, to another */
    is_lent = false;
    forwarder = getpid();
    receiver = host;
    struct sigaction now, action = {.sa_sigaction = on_interrupt, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGINT, NULL, &now) == 0 && now.sa_handler == SIG_DFL) sigaction(SIGINT, &action, NULL);
}

/* The mark of the process that runs items, which its copies do not have. */
#include "original.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static int always = 1;
static volatile int *page;
const volatile int *pmap_original_mark = &always;

static bool is_flushed;

void pmap_be_original(void) {
    if (!page) {
        void *memory = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) return;
        if (madvise(memory, sizeof *page, MADV_WIPEONFORK) != 0) { /* a kernel older than 4.14 */
            munmap(memory, sizeof *page);
            return;
        }
        page = memory;
        pmap_original_mark = page;
    }
    *page = 1;
    is_flushed = false;
}

void pmap_note_flushed_copy(void) { is_flushed = true; }

void pmap_leave_as_copy(const char *what) {
    if (is_flushed) fflush(NULL);
    dprintf(STDERR_FILENO,
            "pmap: %s forked a process (pid %d) that came back from it: it ends here, and only its original goes on; let it "
            "call os.exit\n",
            what, (int)getpid());
    _exit(0);
}

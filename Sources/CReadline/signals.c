#define _GNU_SOURCE
#include "signals.h"
#include "include/CReadline.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

static int ends[2] = {-1, -1};
static atomic_int interrupted;
static const int while_editing[] = {SIGTSTP, SIGCONT, SIGWINCH, SIGTERM, SIGHUP, SIGQUIT};
static const size_t count = sizeof while_editing / sizeof while_editing[0];

static void caught(int number) {
    int error = errno;
    unsigned char byte = (unsigned char)number;
    if (number == SIGINT) atomic_store(&interrupted, 1);
    // The pipe does not block: when it is full, enough is known.
    ssize_t written = write(ends[1], &byte, 1);
    (void)written;
    errno = error;
}

static void set(int number, void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

int syncline_signals_open(void) {
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return -1;
    set(SIGINT, caught);
    return ends[0];
}

void syncline_signals_catch(void) {
    for (size_t index = 0; index < count; index++) set(while_editing[index], caught);
}

void syncline_signals_let(void) {
    for (size_t index = 0; index < count; index++) set(while_editing[index], SIG_DFL);
}

int syncline_ends_open(void) {
    static const int all[] = {SIGINT, SIGTERM, SIGHUP};
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return -1;
    for (size_t index = 0; index < sizeof all / sizeof all[0]; index++) {
        struct sigaction now;
        if (sigaction(all[index], NULL, &now) == 0 && now.sa_handler != SIG_IGN) set(all[index], caught);
    }
    return ends[0];
}

void syncline_end(int number) {
    set(number, SIG_DFL);
    kill(getpid(), number);
}

void syncline_signals_obey(int number) {
    set(number, SIG_DFL);
    raise(number);
}

int syncline_is_interrupted(void) { return atomic_load(&interrupted); }

void syncline_forget_interrupt(void) { atomic_store(&interrupted, 0); }

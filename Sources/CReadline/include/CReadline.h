#ifndef SYNCLINE_CREADLINE_H
#define SYNCLINE_CREADLINE_H

#include <stddef.h>

/// Readline and the state that it keeps for a whole process, behind functions: one line editor, which belongs to one thread.
///
/// Bytes are UTF-8. A line is being edited from `syncline_readline_begin` until a feed says that it ended.

/// What became of the line when input was fed to it.
enum {
    SYNCLINE_LINE_GOES_ON = 0,
    SYNCLINE_LINE_DONE = 1,
    /// Ctrl-D on an empty line, or no more input.
    SYNCLINE_LINE_END = 2,
};

/// Finds how the line may go on: calls `syncline_readline_offer` for each candidate.
///
/// `line` up to `cursor` is what was typed, `start` where readline's word begins.
typedef void (*syncline_completer)(void *context, const char *line, size_t start, size_t cursor);

/// Sets the locale (C.UTF-8 where the environment's is not UTF-8), reads ~/.inputrc as `name`, and catches signals from now on.
///
/// Returns a descriptor from which each signal that came can be read as one byte; -1 when there is none.
int syncline_readline_open(const char *name);

/// Completes with this function from now on.
void syncline_readline_complete_with(syncline_completer completer, void *context);

/// Whether upper and lower case are alike in what is completed, as ~/.inputrc has it…
int syncline_readline_ignores_case(void);

/// …and then `-` and `_`, too.
int syncline_readline_maps_dashes(void);

/// Only while the completer runs: one more text that may stand from `start` on.
void syncline_readline_offer(const char *text);

/// Only while the completer runs: whether a space follows the only candidate.
void syncline_readline_end_word(int ends);

/// Shows the prompt and begins a line. Invisible parts of the prompt stand between \001 and \002.
void syncline_readline_begin(const char *prompt);

/// Takes what can be read from stdin; returns what became of the line.
int syncline_readline_feed(void);

/// The line that is done, to be freed; NULL when none is.
char *syncline_readline_take(void);

/// Gives the line up, as after Ctrl-C.
void syncline_readline_interrupt(void);

/// Shows another prompt before what is typed.
void syncline_readline_set_prompt(const char *prompt);

/// Clears the line that is being edited from the screen, so that something can be printed in its place…
void syncline_readline_make_way(void);

/// …and shows it again.
void syncline_readline_come_back(void);

/// The window's size has changed.
void syncline_readline_resize(void);

/// Stops this process as Ctrl-Z does, and returns when it goes on, the terminal as it was while editing.
void syncline_readline_stop(void);

/// Gives the terminal back and ends by a signal that was caught.
void syncline_readline_die(int number);

/// Whether Ctrl-C was typed…
int syncline_is_interrupted(void);

/// …since this was called.
void syncline_forget_interrupt(void);

/// Loads the history of a file that belongs to its owner only, keeping the newest `limit` lines there and here. Returns whether lines can be added to it.
int syncline_history_load(const char *path, int limit);

/// Remembers a line unless it is the last one again; in the file too when `path` is not NULL.
void syncline_history_add(const char *line, const char *path);

// MARK: - Programs that read no lines

/// Catches what would end the program, but for what is ignored, as `nohup` has it.
///
/// Returns a descriptor from which each signal that came can be read as one byte; -1 when there is none.
int syncline_ends_open(void);

/// Ends the program as an uncaught signal of this number does; from any thread.
void syncline_end(int number);

#endif

#ifndef SYNCLINE_CREADLINE_SIGNALS_H
#define SYNCLINE_CREADLINE_SIGNALS_H

/// Signals as bytes: what comes while a line is edited is written to a pipe and answered outside of the handler.

/// Makes the pipe and catches Ctrl-C for good; returns the end to read from.
int syncline_signals_open(void);

/// Catches what would leave the terminal as readline made it, while a line is being edited.
void syncline_signals_catch(void);

/// Lets those signals do again what they do to any program.
void syncline_signals_let(void);

/// Does what an uncaught signal of this number does.
void syncline_signals_obey(int number);

#endif

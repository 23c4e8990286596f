#include "include/CReadline.h"
#include "signals.h"

#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <readline/readline.h>

static char *done_line;
static int line_state = SYNCLINE_LINE_GOES_ON;

static syncline_completer completer;
static void *completer_context;
static char **offered;
static size_t offered_count, offered_room, offered_next;

// MARK: - Completion

/// Whether the byte of `text` at `index` is kept from ending a word by a quote or a backslash before it.
static int is_quoted(char *text, int index) {
    // `$` stands for `$'`.
    char quote = 0;
    for (int at = 0; at < index; at++) {
        if (quote == '\'') {
            if (text[at] == '\'') quote = 0;
        } else if (text[at] == '\\') {
            if (++at >= index) return 1;
        } else if (quote == '$') {
            if (text[at] == '\'') quote = 0;
        } else if (!quote && text[at] == '$' && at + 1 < index && text[at + 1] == '\'') {
            quote = text[at++];
        } else if (quote == '"') {
            if (text[at] == '"') quote = 0;
        } else if (text[at] == '\'' || text[at] == '"') {
            quote = text[at];
        }
    }
    return quote != 0;
}

static char *next_offer(const char *text, int state) {
    (void)text;
    if (state == 0) offered_next = 0;
    return offered_next < offered_count ? strdup(offered[offered_next++]) : NULL;
}

static char **attempt(const char *text, int start, int end) {
    // Files are never meant.
    rl_attempted_completion_over = 1;
    // What is offered is written as it has to be typed.
    rl_completion_suppress_quote = 1;
    offered_count = 0;
    if (completer) completer(completer_context, rl_line_buffer, (size_t)start, (size_t)end);
    char **matches = offered_count == 0 ? NULL : rl_completion_matches(text, next_offer);
    for (size_t index = 0; index < offered_count; index++) free(offered[index]);
    offered_count = 0;
    return matches;
}

void syncline_readline_complete_with(syncline_completer function, void *context) {
    completer = function;
    completer_context = context;
}

/// Whether a variable of readline's is on. They have no names in its header.
static int is_on(const char *variable) {
    const char *value = rl_variable_value(variable);
    return value && strcmp(value, "on") == 0;
}

int syncline_readline_ignores_case(void) { return is_on("completion-ignore-case"); }

int syncline_readline_maps_dashes(void) { return is_on("completion-map-case"); }

void syncline_readline_offer(const char *text) {
    if (offered_count == offered_room) {
        size_t room = offered_room == 0 ? 64 : offered_room * 2;
        char **more = realloc(offered, room * sizeof *offered);
        if (!more) return;
        offered = more;
        offered_room = room;
    }
    char *copy = strdup(text);
    if (copy) offered[offered_count++] = copy;
}

void syncline_readline_end_word(int ends) { rl_completion_append_character = ends ? ' ' : '\0'; }

// MARK: - Lines

static void took(char *line) {
    // Inside readline still: the handler goes, so that the terminal is given back before anything else happens.
    rl_callback_handler_remove();
    syncline_signals_let();
    done_line = line;
    line_state = line ? SYNCLINE_LINE_DONE : SYNCLINE_LINE_END;
}

int syncline_readline_open(const char *name) {
    setlocale(LC_ALL, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) setlocale(LC_CTYPE, "C.UTF-8");
    rl_readline_name = name;
    rl_catch_signals = 0;
    rl_catch_sigwinch = 0;
    rl_basic_word_break_characters = " \t\n";
    rl_completer_word_break_characters = " \t\n";
    rl_completer_quote_characters = "\"'";
    rl_char_is_quoted_p = is_quoted;
    rl_attempted_completion_function = attempt;
    return syncline_signals_open();
}

void syncline_readline_begin(const char *prompt) {
    line_state = SYNCLINE_LINE_GOES_ON;
    syncline_signals_catch();
    rl_callback_handler_install(prompt, took);
}

int syncline_readline_feed(void) {
    if (line_state == SYNCLINE_LINE_GOES_ON) rl_callback_read_char();
    return line_state;
}

char *syncline_readline_take(void) {
    char *line = done_line;
    done_line = NULL;
    return line;
}

void syncline_readline_interrupt(void) {
    rl_callback_sigcleanup();
    rl_free_line_state();
    rl_point = rl_end;
    rl_redisplay();
    fputs("^C", rl_outstream);
    rl_crlf();
    fflush(rl_outstream);
    rl_replace_line("", 0);
    rl_callback_handler_remove();
    syncline_signals_let();
}

void syncline_readline_set_prompt(const char *prompt) { rl_set_prompt(prompt); }

void syncline_readline_make_way(void) {
    rl_clear_visible_line();
    fflush(rl_outstream);
}

void syncline_readline_come_back(void) {
    rl_on_new_line();
    rl_redisplay();
    fflush(rl_outstream);
}

void syncline_readline_resize(void) { rl_resize_terminal(); }

void syncline_readline_stop(void) {
    rl_deprep_terminal();
    syncline_signals_obey(SIGTSTP);
    syncline_signals_catch();
    rl_prep_terminal(1);
    rl_resize_terminal();
    rl_forced_update_display();
}

void syncline_readline_die(int number) {
    rl_callback_handler_remove();
    syncline_signals_obey(number);
}

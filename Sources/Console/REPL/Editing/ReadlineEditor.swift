internal import CReadline
internal import EventCore
internal import Glibc
internal import PromptLine

/// A person at a terminal, with GNU Readline: history, completion, `~/.inputrc`.
///
/// It waits for keys, signals and notices at once, so what arrives while somebody types is printed above the line. One at a time, as readline has one state a process.
final class ReadlineEditor: LineEditor {
    let isInteractive = true
    private let signals: Int32
    private let output: Output
    private let sources: [any NoticeSource]
    private let historyFile: String?
    /// Lines of a pasted text that are still to come.
    private var pasted: [String] = []
    /// Whether lines go to the history.
    private var isRemembering = true
    /// Asked by readline through C, so it lives as long as this object.
    private let completer: CompleterBox

    private static let historyLimit: Int32 = 2000

    /// - Parameters:
    ///   - history: the file in which lines are kept; none is, where it cannot be written.
    ///   - complete: what may stand at the end of a line that is cut at the cursor.
    init(
        history: String, sources: [any NoticeSource], output: Output, complete: @escaping (String, WordMatching) -> Completion
    ) throws(ConsoleError) {
        self.sources = sources
        self.output = output
        signals = syncline_readline_open("syncline")
        guard signals >= 0 else { throw ConsoleError(code: "io", "no pipe can be made: \(Machine.describe(errno: errno))") }
        historyFile = syncline_history_load(history, Self.historyLimit) == 1 ? history : nil
        completer = CompleterBox(complete)
        syncline_readline_complete_with(
            { context, line, start, cursor in
                guard let context, let line else { return }
                Unmanaged<CompleterBox>.fromOpaque(context).takeUnretainedValue().offer(line, start, cursor)
            }, Unmanaged.passUnretained(completer).toOpaque())
    }

    deinit { syncline_readline_complete_with(nil, nil) }

    func nextLine(_ prompt: () -> StyledText) throws -> EditedLine {
        output.flush()
        if let line = pasted.popLast() { return .text(line) }
        var shown = prompt()
        syncline_readline_begin(Self.marked(shown))
        while true {
            var waiting = ([STDIN_FILENO, signals] + sources.map(\.descriptor)).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&waiting, nfds_t(waiting.count), -1) >= 0 || errno == EINTR else { return .end }
            // The flag as well: Ctrl-C may have come since, and what is to be read now was typed behind it.
            if waiting[1].revents != 0 || Self.isInterrupted, isInterrupted() { return .interrupted }
            let ready = sources.enumerated().filter { waiting[$0.offset + 2].revents != 0 }.map(\.element)
            if !ready.isEmpty { show(ready.flatMap { $0.notices() }, &shown, prompt) }
            guard waiting[0].revents != 0 else { continue }
            switch Int(syncline_readline_feed()) {
            case SYNCLINE_LINE_DONE: return .text(try taken())
            case SYNCLINE_LINE_END:
                output.line("")
                output.flush()
                return .end
            default: break
            }
        }
    }

    func answer(_ prompt: () -> StyledText) throws -> EditedLine {
        var waiting = pasted
        (pasted, isRemembering) = ([], false)
        // The next one is the last of the list.
        defer { (pasted, isRemembering) = (waiting + pasted, true) }
        let answer = try nextLine(prompt)
        if answer == .interrupted { waiting = [] }
        return answer
    }

    func lineIsOver() {
        if Self.isInterrupted { pasted = [] }
        Self.forgetInterrupt()
    }

    /// Answers signals; true when the line was given up.
    private func isInterrupted() -> Bool {
        var byte: UInt8 = 0
        while read(signals, &byte, 1) == 1 {
            switch Int32(byte) {
            case SIGINT: break
            case SIGWINCH, SIGCONT: syncline_readline_resize()
            case SIGTSTP: syncline_readline_stop()
            default:
                Machine.removeTemporaryFolders()
                syncline_readline_die(Int32(byte))
            }
        }
        // One that came before this line began was another line's, and is forgotten.
        let isInterrupted = Self.isInterrupted
        if isInterrupted { syncline_readline_interrupt() }
        Self.forgetInterrupt()
        return isInterrupted
    }

    /// Whether Ctrl-C was typed while something else than a line was going on.
    static var isInterrupted: Bool { syncline_is_interrupted() == 1 }

    private static func forgetInterrupt() { syncline_forget_interrupt() }

    private func show(_ notices: [String], _ shown: inout StyledText, _ prompt: () -> StyledText) {
        let next = prompt()
        guard !notices.isEmpty || next != shown else { return }
        syncline_readline_make_way()
        for line in notices.flatMap({ Printable.wrapped($0, to: Terminal.columns) }) { output.line(StyledText(line, .contested)) }
        output.flush()
        if next != shown { syncline_readline_set_prompt(Self.marked(next)) }
        shown = next
        syncline_readline_come_back()
    }

    /// The line that is done, which goes to the history. Of a pasted text it is the first one.
    private func taken() throws -> String {
        guard let line = syncline_readline_take() else { return "" }
        defer { free(line) }
        let bytes = UnsafeBufferPointer(start: line, count: strlen(line)).map { UInt8(bitPattern: $0) }
        let lines = try bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { try StreamEditor.text($0) }
        // As in other shells, a line that begins with a space is not remembered.
        for line in lines where isRemembering && line.contains(where: { $0 != " " }) && line.first != " " {
            syncline_history_add(line, historyFile)
        }
        pasted = lines.dropFirst().reversed()
        return lines[0]
    }

    /// The prompt as readline wants it: what takes no column stands between 1 and 2.
    private static func marked(_ prompt: StyledText) -> String {
        prompt.rendered(isColored: Terminal.isColored, before: "\u{1}", behind: "\u{2}")
    }
}

/// What C holds of the completer.
private final class CompleterBox {
    private let complete: (String, WordMatching) -> Completion

    init(_ complete: @escaping (String, WordMatching) -> Completion) { self.complete = complete }

    func offer(_ line: UnsafePointer<CChar>, _ start: Int, _ cursor: Int) {
        let bytes = UnsafeBufferPointer(start: line, count: cursor).map { UInt8(bitPattern: $0) }
        guard bytes.isValidUTF8 else { return }
        // As ~/.inputrc has it, which may have been read again since.
        let matching = WordMatching(ignoresCase: syncline_readline_ignores_case() == 1, mapsDashes: syncline_readline_maps_dashes() == 1)
        let completion = complete(String(decoding: bytes, as: UTF8.self), matching)
        guard completion.start == start else { return }
        syncline_readline_end_word(completion.endsWord ? 1 : 0)
        for candidate in completion.candidates { syncline_readline_offer(candidate) }
    }
}

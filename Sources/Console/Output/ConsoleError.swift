internal import PromptLine

/// What a person is told when something did not work: a sentence, what to do, and the process's exit status.
struct ConsoleError: Error {
    /// The exit statuses of the command line's contract.
    enum Status: Int32 {
        case refused = 1
        case tornTail = 2
        case corrupt = 3
        case openElsewhere = 4
        case newerFormat = 5
        case fork = 6
        case rolledBack = 7
        case unreachable = 8
        case notAllowed = 9
        case usage = 64
    }

    let status: Status
    /// A stable name for programs.
    let code: String
    let sentence: String
    /// What to do; nil where the sentence says it.
    let hint: String?

    init(_ status: Status = .refused, code: String, _ sentence: String, hint: String? = nil) {
        self.status = status
        self.code = code
        self.sentence = sentence
        self.hint = hint
    }

    /// The code of a name that no device has.
    static let noSuchDevice = "no-such-device"

    static func usage(_ sentence: String, hint: String? = nil) -> ConsoleError {
        ConsoleError(.usage, code: "usage", sentence, hint: hint)
    }
}

extension ConsoleError {
    init(_ error: OpenQuote) {
        self = .usage(
            "a quote is open: \(error.quote.character) at character \(error.character)",
            hint: "close it, or type \\\(error.quote.character) for the character itself")
    }
}

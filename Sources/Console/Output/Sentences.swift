internal import EventCore

/// Facts of errors → words. The only place where an error's kind becomes a sentence about data.
enum Sentences {
    /// `1 event`, `2 events`.
    static func count(_ count: some BinaryInteger, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }

    static func event(_ error: EventError) -> String { ErrorSentences.event(error) }

    static func json(_ error: JSONError) -> String { ErrorSentences.json(error) }
}

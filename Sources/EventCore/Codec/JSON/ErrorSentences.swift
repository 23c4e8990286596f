/// Facts of errors → words for people: what the console prints and what the hub's problems say.
package enum ErrorSentences {
    package static func event(_ error: EventError) -> String {
        switch error {
        case .emptyName: "a name has at least one byte"
        case .nameTooLong(let bytes): "a name has at most \(Limits.nameBytes) bytes, this one \(bytes)"
        case .invalidUTF8: "the bytes are not UTF-8"
        case .timeOutOfRange: "a time lies before 2^48 milliseconds"
        case .seqOutOfRange: "a seq is at least 1 and below 2^63"
        case .epochOutOfRange: "an epoch is at least 1"
        case .emptyBody: "an event writes at least one field"
        case .duplicateField(let field): "the field “\(field.text)” is written twice"
        case .contextCoversDot: "the context covers the event itself"
        case .noteTooLong(let bytes): "a note has at most \(Limits.noteBytes) bytes, this one \(bytes)"
        case .undoesWithoutUndo: "`undoes` goes with kind undo only"
        case .eventTooLarge(let bytes): "an event has at most \(Limits.eventBytes) bytes in canonical form, this one \(bytes)"
        }
    }

    /// `line 3, column 17: a key is there twice: title`.
    package static func json(_ error: JSONError) -> String { "line \(error.line), column \(error.column): \(reason(error.reason))" }

    static func reason(_ reason: JSONError.Reason) -> String {
        switch reason {
        case .unexpectedByte(let byte):
            byte >= 0x20 && byte < 0x7F ? "“\(Character(Unicode.Scalar(byte)))” cannot stand here" : "byte \(byte) cannot stand here"
        case .unexpectedEnd: "it ends inside a value"
        case .trailingBytes: "something follows the value"
        case .byteOrderMark: "a byte order mark is not allowed"
        case .tooDeep: "arrays and objects are nested deeper than \(Limits.valueDepth)"
        case .duplicateKey(let key): "a key is there twice: \(text(key))"
        case .invalidUTF8: "the bytes are not UTF-8"
        case .loneSurrogate: "half of a surrogate pair"
        case .invalidEscape: "a backslash that starts no escape"
        case .controlCharacter(let byte): "control character \(byte) is not escaped"
        case .leadingZero: "a number starts with a needless zero"
        case .integerOutOfRange: "an integer beyond 64 bits"
        case .numberOutOfRange: "a number beyond the greatest double"
        case .notANumber: "NaN and Infinity are not JSON"
        case .unknownMember(let key): "an event has no member “\(text(key))”"
        case .missingMember(let member): "the member “\(member.word)” is missing"
        case .wrongType(let member, let expected): "“\(member.word)” wants a value of type \(expected)"
        case .notAnInteger(let member): "“\(member.word)” wants an integer"
        case .memberOutOfRange(let member): "the number of “\(member.word)” is out of range"
        case .invalidDevice(let member): "“\(member.word)” wants a lower-case UUID"
        case .invalidDot(let member): "“\(member.word)” wants device:seq"
        case .unknownKind(let kind): "there is no kind “\(text(kind))”"
        case .deleteWithWrites: "an event that deletes neither sets nor unsets"
        case .member(let member, let error): "“\(member.word)”: \(event(error))"
        case .event(let error): event(error)
        }
    }

    private static func text(_ utf8: [UInt8]) -> String { String(decoding: utf8, as: UTF8.self) }
}

internal import Crypto
internal import EventCore

/// The `answers` file of a store: how fields with the same base and sides were settled here before. A line each: the question's digest, when, a checksum, the answer.
///
/// Only a cache: what is torn or not ours is passed over, the oldest are dropped, and nothing depends on it.
struct RememberedAnswers {
    static let fileName = "answers"
    private static let fileBytes = 256 * 1024
    private static let answerBytes = 16 * 1024

    private struct Line {
        let question: [UInt8]
        let bytes: [UInt8]
        let answer: Suggestion
    }

    /// Oldest first, one for each question.
    private var lines: [Line] = []

    init(_ bytes: [UInt8] = []) {
        for line in bytes.split(separator: UInt8(ascii: "\n")) { if let line = Self.line(Array(line)) { add(line) } }
    }

    /// The file's bytes.
    var bytes: [UInt8] {
        var size = 0
        let kept = lines.reversed().prefix { line in
            size += line.bytes.count + 1
            return size <= Self.fileBytes
        }
        return kept.reversed().flatMap { $0.bytes + [UInt8(ascii: "\n")] }
    }

    func answer(to field: FieldConflict, in collection: Name) -> Suggestion? {
        guard !lines.isEmpty else { return nil }
        let question = Self.question(field, collection)
        return lines.last { $0.question == question }?.answer
    }

    /// Takes note of an answer; a long one is not worth it.
    mutating func add(_ value: FieldValue?, to field: FieldConflict, in collection: Name, milliseconds: UInt64) {
        guard (value?.canonical.count ?? 0) <= Self.answerBytes else { return }
        let question = Self.question(field, collection)
        let answer = Array(" \(milliseconds) ".utf8) + (value?.canonical ?? Self.removed)
        let checksum = Array(Hexadecimal.text(Checksum.of(question + answer)).utf8)
        add(
            Line(
                question: question, bytes: checksum + Array(" ".utf8) + question + answer,
                answer: Suggestion(value: value, milliseconds: milliseconds)))
    }

    /// - Returns: whether there was an answer.
    mutating func remove(answerTo field: FieldConflict, in collection: Name) -> Bool {
        let (question, count) = (Self.question(field, collection), lines.count)
        lines.removeAll { $0.question == question }
        return lines.count < count
    }

    private mutating func add(_ line: Line) {
        lines.removeAll { $0.question == line.question }
        lines.append(line)
    }

    private static let removed = Array("removed".utf8)

    private static func line(_ bytes: [UInt8]) -> Line? {
        let parts = bytes.split(separator: UInt8(ascii: " "), maxSplits: 3, omittingEmptySubsequences: false).map(Array.init)
        guard parts.count == 4, let milliseconds = UInt64(String(decoding: parts[2], as: UTF8.self)) else { return nil }
        guard parts[0].elementsEqual(Hexadecimal.text(Checksum.of(Array(bytes.dropFirst(parts[0].count + 1)))).utf8) else { return nil }
        guard parts[3] != removed else {
            return Line(question: parts[1], bytes: bytes, answer: Suggestion(value: nil, milliseconds: milliseconds))
        }
        guard let value = try? FieldValue(json: parts[3]) else { return nil }
        return Line(question: parts[1], bytes: bytes, answer: Suggestion(value: value, milliseconds: milliseconds))
    }

    /// SHA-256 over collection, field, base and the set of sides, each in its length, in hexadecimal.
    private static func question(_ field: FieldConflict, _ collection: Name) -> [UInt8] {
        var hash = SHA256()
        func add(_ bytes: [UInt8]) {
            withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: bytes)
        }
        /// As a set: each value once, sorted by bytes; *removed* is no bytes at all.
        func add(_ values: [FieldValue?]) {
            let set = Set(values.map { $0?.canonical ?? [] }).sorted { $0.lexicographicallyPrecedes($1) }
            withUnsafeBytes(of: UInt64(set.count).littleEndian) { hash.update(bufferPointer: $0) }
            for value in set { add(value) }
        }
        add(collection.utf8)
        add(field.field.utf8)
        add(field.base)
        add(field.versions.map(\.value))
        return Array(Hexadecimal.text(hash.finalize()).utf8)
    }
}

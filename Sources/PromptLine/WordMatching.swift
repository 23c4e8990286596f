/// What counts as the beginning of a word: as it is written, or as readline's `completion-ignore-case` and `completion-map-case` have it.
package struct WordMatching: Hashable, Sendable {
    private let ignoresCase: Bool
    private let mapsDashes: Bool

    package static let exact = WordMatching(ignoresCase: false, mapsDashes: false)

    /// - Parameter mapsDashes: whether `-` and `_` are alike, too; means nothing by itself.
    package init(ignoresCase: Bool, mapsDashes: Bool) {
        self.ignoresCase = ignoresCase
        self.mapsDashes = ignoresCase && mapsDashes
    }

    package func begins(_ text: String, with start: String) -> Bool {
        var (text, start) = (text, start)
        return text.withUTF8 { text in
            start.withUTF8 { start in alikeBytes(UnsafeRawBufferPointer(text), UnsafeRawBufferPointer(start)).right == start.count }
        }
    }

    /// How many bytes of either text, UTF-8 and whole characters, are alike from the beginning on.
    package func alikeBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> (left: Int, right: Int) {
        var at = 0
        while at < left.count, at < right.count, (left[at] | right[at]) < 0x80 {
            guard isAlike(Unicode.Scalar(left[at]), Unicode.Scalar(right[at])) else { return (at, at) }
            at += 1
        }
        guard at < left.count, at < right.count else { return (at, at) }
        var bytes = (left: at, right: at)
        let rests = [left, right].map { String(decoding: $0[at...], as: UTF8.self).unicodeScalars }
        for (one, other) in zip(rests[0], rests[1]) {
            guard isAlike(one, other) else { break }
            bytes.left += UTF8.width(one)
            bytes.right += UTF8.width(other)
        }
        return bytes
    }

    private func isAlike(_ left: Unicode.Scalar, _ right: Unicode.Scalar) -> Bool {
        if left == right { return true }
        guard ignoresCase else { return false }
        if left.isASCII && right.isASCII { return folded(left) == folded(right) }
        return left.properties.lowercaseMapping == right.properties.lowercaseMapping
    }

    /// A character of ASCII as the one that stands for all that are alike.
    private func folded(_ scalar: Unicode.Scalar) -> UInt32 {
        switch scalar {
        case "A"..."Z": scalar.value | 0x20
        case "_" where mapsDashes: ("-" as Unicode.Scalar).value
        default: scalar.value
        }
    }
}

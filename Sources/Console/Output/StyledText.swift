/// How a part of a line stands out on a terminal that has colours. Never the only sign of anything.
enum Style: Hashable {
    case plain
    case strong
    case faint
    case removed
    case added
    case contested
    /// One colour for each side of a conflict, over again where there are many.
    case side(Int)
    case good
    case bad

    /// The parameters of SGR (ECMA-48); empty for plain.
    var parameters: String {
        switch self {
        case .plain: ""
        case .strong: "1"
        case .faint: "2"
        case .removed, .bad: "31"
        case .added, .good: "32"
        case .contested: "1;33"
        case .side(let index): ["36", "35", "33", "34"][index % 4]
        }
    }
}

/// A line of text whose parts have styles.
struct StyledText: Hashable, ExpressibleByStringInterpolation {
    private(set) var parts: [Part] = []

    struct Part: Hashable {
        let text: String
        let style: Style
    }

    init(_ text: String, _ style: Style = .plain) {
        if !text.isEmpty { parts = [Part(text: text, style: style)] }
    }

    init(stringLiteral text: String) { self.init(text) }

    static func + (left: StyledText, right: StyledText) -> StyledText {
        var sum = left
        sum.parts += right.parts
        return sum
    }

    static func += (left: inout StyledText, right: StyledText) { left.parts += right.parts }

    /// The same without spaces at its end.
    var withoutTrailingSpaces: StyledText {
        var parts = parts
        while let last = parts.last {
            let text = last.text.lastIndex { $0 != " " }.map { String(last.text[...$0]) } ?? ""
            parts.removeLast()
            guard text.isEmpty else {
                parts.append(Part(text: text, style: last.style))
                break
            }
        }
        var result = StyledText("")
        result.parts = parts
        return result
    }

    /// The text without styles, its control characters escaped.
    var plain: String { parts.map { Printable.escaped($0.text) }.joined() }

    /// The text with colours where they are wanted; `before` and `behind` stand around each sequence.
    func rendered(isColored: Bool, before: String = "", behind: String = "") -> String {
        guard isColored else { return plain }
        func sequence(_ parameters: String) -> String { "\(before)\u{1B}[\(parameters)m\(behind)" }
        return parts.map { part in
            let text = Printable.escaped(part.text)
            return part.style == .plain ? text : sequence(part.style.parameters) + text + sequence("0")
        }.joined()
    }
}

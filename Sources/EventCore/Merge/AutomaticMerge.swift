/// Values that disagree, and what merges them by itself.
package struct AutomaticMerge: Sendable {
    private let base: [FieldValue?]
    /// Each value once, sorted by bytes: the order and number of siblings play no part.
    private let values: [FieldValue?]

    /// - Parameters:
    ///   - base: what the field held before; nil is *removed*.
    ///   - values: at least one; nil is *removed*.
    package init(base: [FieldValue?], values: [FieldValue?]) {
        self.base = base
        self.values = Self.distinct(values)
    }

    /// What merges by itself: sides that hold what the base holds give way to the one that changed; arrays merge as sets, strings by line.
    package var decision: Decision {
        if values.count == 1 { return Decision(values[0]) }
        let changed = base.count > 1 ? values : values.filter { $0 != single }
        if changed.count == 1 { return Decision(changed[0]) }
        let union = union
        return union.isOpen ? text : union
    }

    /// By a policy that looks at values; open when they do not fit it.
    func decision(by policy: Policy) -> Decision {
        switch policy {
        case .max: extreme { $0 < $1 }
        case .min: extreme { $1 < $0 }
        case .union: union
        case .text: text
        case .manual, .latest, .master, .record: .open
        }
    }

    /// The base where it is no more than one value: nil is *removed*, or nothing.
    private var single: FieldValue? { base.first ?? nil }

    private func extreme(_ precedes: (ComparableValue, ComparableValue) -> Bool) -> Decision {
        let comparable = values.compactMap { value in value.flatMap { ComparableValue($0) } }
        guard comparable.count == values.count, comparable.allSatisfy({ $0.isNumber == comparable[0].isNumber }) else { return .open }
        return comparable.max(by: precedes).map { .value($0.value) } ?? .open
    }

    private var union: Decision {
        let sets = values.map { $0.flatMap(Self.items) }
        guard !sets.isEmpty, sets.allSatisfy({ $0 != nil }) else { return .open }
        let sides = sets.compactMap(\.self)
        // A base that is no array has no items.
        let before = base.compactMap { $0.flatMap(Self.items) }.reduce(into: Set<FieldValue>()) { $0.formUnion($1) }
        let all = sides.reduce(into: Set<FieldValue>()) { $0.formUnion($1) }
        let kept = all.filter { item in !before.contains(item) || sides.allSatisfy { $0.contains(item) } }
        var writer = JSONWriter()
        writer.beginArray()
        for item in kept.sorted(by: { $0.canonical.lexicographicallyPrecedes($1.canonical) }) { writer.canonical(item) }
        writer.endArray()
        return .value(FieldValue(uncheckedCanonical: writer.bytes))
    }

    private var text: Decision {
        let texts = values.compactMap { $0?.text }
        guard base.count == 1, let before = single?.text, texts.count == values.count else { return .open }
        guard let merged = TextMerge(base: before, sides: texts).merged else { return .open }
        return .value(FieldValue(utf8: merged))
    }

    /// The items of an array; nil for another value.
    static func items(_ value: FieldValue) -> Set<FieldValue>? {
        guard case .array(let items) = try? JSONValue(value) else { return nil }
        return Set(items.map(\.canonical))
    }

    private static func distinct(_ values: [FieldValue?]) -> [FieldValue?] {
        let sorted = values.sorted { ($0?.canonical ?? []).lexicographicallyPrecedes($1?.canonical ?? []) }
        return sorted.indices.filter { $0 == 0 || sorted[$0] != sorted[$0 - 1] }.map { sorted[$0] }
    }
}

extension FieldValue {
    /// The UTF-8 of a string; nil for another value.
    package var text: [UInt8]? {
        guard canonical.first == UInt8(ascii: "\""), case .string(let utf8) = try? JSONValue(self) else { return nil }
        return utf8
    }

    /// A string of bytes that are UTF-8.
    package init(utf8: [UInt8]) {
        var writer = JSONWriter()
        writer.string(utf8)
        self.init(uncheckedCanonical: writer.bytes)
    }
}

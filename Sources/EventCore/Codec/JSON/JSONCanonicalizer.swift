/// Checks one value and gives its canonical form (RFC 8785; integers of 64 bits exact).
///
/// What is canonical already is not touched: the bytes since `runStart` are copied as one run when something else has to follow, or never,
/// when the whole value is canonical. An instance can be used again and keeps its buffers.
struct JSONCanonicalizer {
    /// A member of an object that is being read.
    private struct Member {
        /// The unescaped key, in the source or, with escapes, in `keys`.
        let key: Range<Int>
        let isUnescaped: Bool
        /// Where the key's quote stands in the source.
        let place: Int
        /// The member in the canonical form, from the key's quote to the end of the value.
        var form: Range<Int>
    }

    private var output: [UInt8] = []
    private var runStart = 0
    private var members: [Member] = []
    private var keys: [UInt8] = []
    private var sorted: [UInt8] = []

    /// Reads the value that comes next.
    mutating func value(_ scanner: inout JSONScanner) throws(JSONError) -> FieldValue {
        let start = scanner.offset
        try read(&scanner)
        // Only a value that needed no change anywhere has left the output empty.
        if output.isEmpty { return FieldValue(uncheckedCanonical: Array(scanner.bytes[start..<scanner.offset])) }
        flush(scanner, to: scanner.offset)
        return FieldValue(uncheckedCanonical: output)
    }

    /// Reads the value that comes next and makes nothing of it.
    ///
    /// - Returns: whether it is canonical.
    mutating func skip(_ scanner: inout JSONScanner) throws(JSONError) -> Bool {
        try read(&scanner)
        return output.isEmpty
    }

    private mutating func read(_ scanner: inout JSONScanner) throws(JSONError) {
        output.removeAll(keepingCapacity: true)
        members.removeAll(keepingCapacity: true)
        keys.removeAll(keepingCapacity: true)
        runStart = scanner.offset
        try element(&scanner, depth: 0)
    }

    private mutating func element(_ scanner: inout JSONScanner, depth: Int) throws(JSONError) {
        switch scanner.next {
        case UInt8(ascii: "\""): _ = try string(&scanner)
        case UInt8(ascii: "{"): try object(&scanner, depth: depth)
        case UInt8(ascii: "["): try array(&scanner, depth: depth)
        case UInt8(ascii: "t"): try scanner.word("true")
        case UInt8(ascii: "f"): try scanner.word("false")
        case UInt8(ascii: "n"): try scanner.word("null")
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): try number(&scanner)
        default: throw scanner.unexpected()
        }
    }

    private mutating func array(_ scanner: inout JSONScanner, depth: Int) throws(JSONError) {
        guard depth < Limits.valueDepth else { throw scanner.failure(.tooDeep) }
        scanner.offset += 1
        skipWhitespace(&scanner)
        if scanner.next != UInt8(ascii: "]") {
            while true {
                try element(&scanner, depth: depth + 1)
                skipWhitespace(&scanner)
                guard scanner.next == UInt8(ascii: ",") else { break }
                scanner.offset += 1
                skipWhitespace(&scanner)
            }
        }
        try scanner.expect(UInt8(ascii: "]"))
    }

    private mutating func object(_ scanner: inout JSONScanner, depth: Int) throws(JSONError) {
        guard depth < Limits.valueDepth else { throw scanner.failure(.tooDeep) }
        let (firstMember, firstKey) = (members.count, keys.count)
        scanner.offset += 1
        skipWhitespace(&scanner)
        let start = length(at: scanner.offset)
        var isSorted = true
        if scanner.next != UInt8(ascii: "}") {
            while true {
                try key(&scanner)
                let index = members.count - 1
                isSorted = isSorted && (index == firstMember || precedes(members[index - 1], members[index], scanner))
                skipWhitespace(&scanner)
                try scanner.expect(UInt8(ascii: ":"))
                skipWhitespace(&scanner)
                try element(&scanner, depth: depth + 1)
                members[index].form = members[index].form.lowerBound..<length(at: scanner.offset)
                skipWhitespace(&scanner)
                guard scanner.next == UInt8(ascii: ",") else { break }
                scanner.offset += 1
                skipWhitespace(&scanner)
            }
        }
        try scanner.expect(UInt8(ascii: "}"))
        if !isSorted { try sort(scanner, from: firstMember, outputStart: start) }
        members.removeLast(members.count - firstMember)
        keys.removeLast(keys.count - firstKey)
    }

    private mutating func key(_ scanner: inout JSONScanner) throws(JSONError) {
        let place = scanner.offset
        let start = length(at: place)
        let text = try string(&scanner)
        var key = text.start..<text.end
        if text.hasEscapes {
            let keyStart = keys.count
            try scanner.append(text, to: &keys)
            key = keyStart..<keys.count
        }
        members.append(Member(key: key, isUnescaped: text.hasEscapes, place: place, form: start..<start))
    }

    /// Puts the members of the object that ends at `scanner.offset` into order; there are no two of one key, or it is refused.
    private mutating func sort(_ scanner: JSONScanner, from first: Int, outputStart: Int) throws(JSONError) {
        let order = members[first...].sorted { precedes($0, $1, scanner) }
        var duplicate: Member?
        for index in order.indices.dropLast() where !precedes(order[index], order[index + 1], scanner) {
            let later = order[index].place < order[index + 1].place ? order[index + 1] : order[index]
            if later.place < duplicate?.place ?? .max { duplicate = later }
        }
        if let duplicate {
            let key = duplicate.isUnescaped ? Array(keys[duplicate.key]) : Array(scanner.bytes[duplicate.key])
            throw scanner.failure(.duplicateKey(key), at: duplicate.place)
        }
        flush(scanner, to: scanner.offset)
        runStart = scanner.offset
        sorted.removeAll(keepingCapacity: true)
        for member in order {
            sorted.append(contentsOf: output[member.form])
            sorted.append(UInt8(ascii: ","))
        }
        sorted[sorted.count - 1] = UInt8(ascii: "}")
        output.replaceSubrange(outputStart..., with: sorted)
    }

    private func precedes(_ left: Member, _ right: Member, _ scanner: JSONScanner) -> Bool {
        var (place, other) = (left.key.lowerBound, right.key.lowerBound)
        while other < right.key.upperBound {
            guard place < left.key.upperBound else { return true }
            let byte = left.isUnescaped ? keys[place] : scanner.bytes[place]
            let otherByte = right.isUnescaped ? keys[other] : scanner.bytes[other]
            if byte != otherByte { return JSONKeyOrder.weight(byte) < JSONKeyOrder.weight(otherByte) }
            place += 1
            other += 1
        }
        return false
    }

    private mutating func string(_ scanner: inout JSONScanner) throws(JSONError) -> JSONText {
        let text = try scanner.string()
        if text.hasEscapes { try rewriteEscapes(scanner, text) }
        return text
    }

    private mutating func rewriteEscapes(_ scanner: JSONScanner, _ text: JSONText) throws(JSONError) {
        var place = scanner.firstBackslash(in: text.start..<text.end)
        while place < text.end {
            let escape = try scanner.escape(at: place)
            if !isCanonical(scanner, place..<escape.end, escape.scalar) {
                replace(scanner, place..<escape.end) { $0.appendEscaped(escape.scalar) }
            }
            place = scanner.firstBackslash(in: escape.end..<text.end)
        }
    }

    private func isCanonical(_ scanner: JSONScanner, _ escape: Range<Int>, _ scalar: Unicode.Scalar) -> Bool {
        switch escape.count {
        case 2: scalar != "/"
        case 6: scalar.value < 0x20 && !JSONEscape.hasShortForm(scalar) && !(0x41...0x46).contains(scanner.bytes[escape.upperBound - 1])
        default: false
        }
    }

    private mutating func number(_ scanner: inout JSONScanner) throws(JSONError) {
        let number = try scanner.number()
        let literal = UnsafeBufferPointer(rebasing: scanner.bytes[number.start..<number.end])
        if number.isShortInteger && !(literal.count == 2 && literal[0] == UInt8(ascii: "-") && literal[1] == UInt8(ascii: "0")) { return }
        let form = try scanner.canonicalForm(of: number)
        if !form.elementsEqual(literal) { replace(scanner, number.start..<number.end) { $0.append(contentsOf: form) } }
    }

    private mutating func skipWhitespace(_ scanner: inout JSONScanner) {
        guard scanner.next <= 0x20 else { return }
        let start = scanner.offset
        scanner.skipWhitespace()
        if scanner.offset > start { replace(scanner, start..<scanner.offset) { _ in } }
    }

    /// How long the canonical form is up to `place` of the source.
    private func length(at place: Int) -> Int { output.count + place - runStart }

    private mutating func replace(_ scanner: JSONScanner, _ range: Range<Int>, with append: (inout [UInt8]) -> Void) {
        flush(scanner, to: range.lowerBound)
        append(&output)
        runStart = range.upperBound
    }

    private mutating func flush(_ scanner: JSONScanner, to place: Int) {
        output.append(contentsOf: UnsafeBufferPointer(rebasing: scanner.bytes[runStart..<place]))
    }
}

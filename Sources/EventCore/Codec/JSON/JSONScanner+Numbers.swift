/// The range of a number.
struct JSONNumber {
    let start: Int
    let end: Int
    /// Whether it has neither a fraction nor an exponent.
    let isInteger: Bool

    /// Whether every number of this form is canonical and fits into 64 bits, whatever its digits; `-0` aside.
    var isShortInteger: Bool { isInteger && end - start <= 18 }
}

extension JSONScanner {
    /// Steps over a number, whose first byte, a digit or a minus, comes next.
    mutating func number() throws(JSONError) -> JSONNumber {
        let start = offset
        if next == UInt8(ascii: "-") { offset += 1 }
        if next == UInt8(ascii: "0") {
            offset += 1
            guard !isDigit(next) else { throw failure(.leadingZero, at: offset - 1) }
        } else {
            try digits()
        }
        var isInteger = true
        if next == UInt8(ascii: ".") {
            isInteger = false
            offset += 1
            try digits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            isInteger = false
            offset += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { offset += 1 }
            try digits()
        }
        return JSONNumber(start: start, end: offset, isInteger: isInteger)
    }

    /// The number as canonical JSON prints it.
    func canonicalForm(of number: JSONNumber) throws(JSONError) -> [UInt8] {
        do {
            return try CanonicalNumber.form(
                of: UnsafeBufferPointer(rebasing: bytes[number.start..<number.end]), isInteger: number.isInteger)
        } catch {
            switch error {
            case .integerOutOfRange: throw failure(.integerOutOfRange, at: number.start)
            case .numberOutOfRange: throw failure(.numberOutOfRange, at: number.start)
            }
        }
    }

    private mutating func digits() throws(JSONError) {
        guard isDigit(next) else { throw unexpected() }
        while isDigit(next) { offset += 1 }
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}

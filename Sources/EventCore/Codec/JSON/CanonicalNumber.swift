/// How numbers are printed: integers of 64 bits exactly, doubles as RFC 8785, section 3.2.2.3 prints them.
enum CanonicalNumber {
    /// What keeps a literal from being a number of ours.
    enum Refusal: Error {
        case integerOutOfRange
        case numberOutOfRange
    }

    /// The canonical form of a literal that follows the grammar of RFC 8259.
    ///
    /// An integer beyond 64 bits is taken only when it is how a double is printed; a literal with a fraction or an exponent is a double.
    static func form(of literal: UnsafeBufferPointer<UInt8>, isInteger: Bool) throws(Refusal) -> [UInt8] {
        let text = String(decoding: literal, as: UTF8.self)
        if isInteger {
            if let integer = Int64(text) { return Array(integer.description.utf8) }
            if let integer = UInt64(text) { return Array(integer.description.utf8) }
        }
        guard let value = Double(text), value.isFinite else { throw isInteger ? .integerOutOfRange : .numberOutOfRange }
        let form = form(of: value)
        guard !isInteger || form.elementsEqual(literal) else { throw .integerOutOfRange }
        return form
    }

    /// The canonical form of a finite double.
    ///
    /// The shortest digits that give the number back are those of Swift's `description`; of several the closest, as ECMA-262 wants it.
    /// Layout: ECMA-262, Number::toString with radix 10.
    static func form(of value: Double) -> [UInt8] {
        precondition(value.isFinite)
        guard value != 0 else { return [UInt8(ascii: "0")] }
        let (digits, point) = shortestDigits(value.magnitude)
        let zero = UInt8(ascii: "0")
        var form: [UInt8] = value < 0 ? [UInt8(ascii: "-")] : []
        switch point {
        case digits.count...21:
            form += digits
            form += repeatElement(zero, count: point - digits.count)
        case 1...21:
            form += digits[..<point] + [UInt8(ascii: ".")] + digits[point...]
        case -5...0:
            form += [zero, UInt8(ascii: ".")]
            form += repeatElement(zero, count: -point)
            form += digits
        default:
            form.append(digits[0])
            if digits.count > 1 { form += [UInt8(ascii: ".")] + digits[1...] }
            form += [UInt8(ascii: "e"), point > 0 ? UInt8(ascii: "+") : UInt8(ascii: "-")]
            form += String((point - 1).magnitude).utf8
        }
        return form
    }

    /// The digits d…, without zeros at either end, and the power of ten p with which the number is 0.d… × 10^p.
    private static func shortestDigits(_ magnitude: Double) -> (digits: [UInt8], point: Int) {
        let parts = magnitude.description.utf8.split(separator: UInt8(ascii: "e"))
        let mantissa = parts[0].split(separator: UInt8(ascii: "."))
        let exponent = parts.count > 1 ? Int(String(Substring(parts[1]))) ?? 0 : 0
        var digits = mantissa.flatMap { Array($0) }
        var point = mantissa[0].count + exponent
        let leading = digits.prefix { $0 == UInt8(ascii: "0") }.count
        digits.removeFirst(leading)
        point -= leading
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        return (digits, point)
    }
}

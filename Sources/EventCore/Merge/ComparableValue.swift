/// A number or a string as `max` and `min` compare it: numbers exactly, whatever their size, strings by bytes.
///
/// Only numbers among each other and strings among each other have an order.
struct ComparableValue {
    private enum Form {
        case integer(Int64)
        case unsigned(UInt64)
        case double(Double)
        case string([UInt8])
    }

    let value: FieldValue
    private let form: Form

    /// nil for what is neither a number nor a string.
    init?(_ value: FieldValue) {
        self.value = value
        switch try? JSONValue(value) {
        case .integer(let integer): form = .integer(integer)
        case .unsigned(let integer): form = .unsigned(integer)
        case .double(let number): form = .double(number)
        case .string(let utf8): form = .string(utf8)
        default: return nil
        }
    }

    var isNumber: Bool {
        if case .string = form { false } else { true }
    }

    static func < (left: Self, right: Self) -> Bool {
        switch (left.form, right.form) {
        case (.integer(let left), .integer(let right)): left < right
        case (.unsigned(let left), .unsigned(let right)): left < right
        case (.integer, .unsigned): true
        case (.double(let left), .double(let right)): left < right
        case (.integer(let left), .double(let right)): Double(left) < right
        case (.double(let left), .integer(let right)): left < Double(right)
        // Rounding makes 2^64 of the greatest integers, which is a double of its own.
        case (.unsigned(let left), .double(let right)): right >= 0x1p64 || Double(left) < right
        case (.double(let left), .unsigned(let right)): left < 0x1p64 && left < Double(right)
        case (.string(let left), .string(let right)): left.lexicographicallyPrecedes(right)
        default: false
        }
    }
}

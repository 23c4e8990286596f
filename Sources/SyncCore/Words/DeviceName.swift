/// What people call a device, as it is made and enrolled with.
package enum DeviceName {
    private static let limitBytes = 255

    /// What is said of a text that is none.
    package static let rule = "a device's name has 1 to \(limitBytes) bytes and no control characters"

    package static func isOne(_ text: String) -> Bool {
        (1...limitBytes).contains(text.utf8.count) && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }
}

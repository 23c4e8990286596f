internal import EventCore
internal import SyncClient

/// Who has a critical event, in words.
enum ReceiptText {
    private static let namedDevices = 5

    /// `phone has it; tablet does not yet`
    static func text(_ receipt: CriticalReceipts.Receipt, _ name: (DeviceID) -> String) -> String {
        var parts: [String] = []
        if !receipt.by.isEmpty { parts.append("\(list(receipt.by, name)) \(receipt.by.count == 1 ? "has" : "have") it") }
        if !receipt.missing.isEmpty {
            let verb = receipt.missing.count == 1 ? "does" : "do"
            parts.append("\(list(receipt.missing, name)) \(verb) not\(receipt.by.isEmpty ? " have it" : "") yet")
        }
        return parts.isEmpty ? "every device that has to have it has it" : parts.joined(separator: "; ")
    }

    private static func list(_ devices: [DeviceID], _ name: (DeviceID) -> String) -> String {
        guard devices.count <= namedDevices else { return "\(devices.count) devices" }
        let names = devices.map(name)
        return names.count < 2 ? names.joined() : names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
    }
}

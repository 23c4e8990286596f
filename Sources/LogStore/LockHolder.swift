/// The process that has a store open for writing, as it wrote itself into the lock's file.
package struct LockHolder: Hashable, Sendable {
    package let process: Int32
    package let command: String

    /// Who keeps a log open for hours: the words for it stand behind the command, so that others do not wait.
    package enum Holding: String, CaseIterable, Sendable {
        case prompt = " (at its prompt)"
        case program = " (holds it open)"
    }

    package init(process: Int32, command: String) {
        self.process = process
        self.command = command
    }

    /// A process that keeps the log open.
    package init(process: Int32, command: String, _ holding: Holding) {
        self.init(process: process, command: command + holding.rawValue)
    }

    /// Whether it is not about to let go.
    package var isHolding: Bool { Holding.allCases.contains { command.hasSuffix($0.rawValue) } }

    /// Two lines.
    var bytes: [UInt8] { Array("\(process)\n\(command)\n".utf8) }

    /// Reads the two lines; nil when they are not there, as when the holder has just begun.
    init?(_ bytes: [UInt8]) {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.count >= 3, let process = Int32(String(decoding: lines[0], as: UTF8.self)) else { return nil }
        self.init(process: process, command: String(decoding: lines[1], as: UTF8.self))
    }
}

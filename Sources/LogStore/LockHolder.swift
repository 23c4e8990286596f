/// The process that has a store open for writing, as it wrote itself into the lock's file.
package struct LockHolder: Hashable, Sendable {
    package let process: Int32
    package let command: String

    package init(process: Int32, command: String) {
        self.process = process
        self.command = command
    }

    /// Two lines.
    var bytes: [UInt8] { Array("\(process)\n\(command)\n".utf8) }

    /// Reads the two lines; nil when they are not there, as when the holder has just begun.
    init?(_ bytes: [UInt8]) {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.count >= 3, let process = Int32(String(decoding: lines[0], as: UTF8.self)) else { return nil }
        self.init(process: process, command: String(decoding: lines[1], as: UTF8.self))
    }
}

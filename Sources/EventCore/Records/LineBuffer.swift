/// Memory for lines of text that are written one behind the other. A copy sees the same lines, and may only be read.
package struct LineBuffer {
    private var memory = Memory(byteCount: 64 * 1024)
    private var used = 0
    /// For who sorts the entries of a line's clock.
    var clock: [(rank: UInt32, entry: Int)] = []

    /// Never empty.
    private final class Memory {
        let start: UnsafeMutableRawPointer
        let byteCount: Int

        init(byteCount: Int) {
            self.byteCount = byteCount
            start = .allocate(byteCount: byteCount, alignment: 64)
        }

        deinit { start.deallocate() }
    }

    package init() {}

    package var byteCount: Int { used }

    /// Calls `body` with what has been written.
    package func withBytes<Value, Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Value) throws(Failure) -> Value {
        defer { withExtendedLifetime(memory) {} }
        return try body(UnsafeRawBufferPointer(start: memory.start, count: used))
    }

    package mutating func append(_ bytes: [UInt8]) {
        let start = room(for: bytes.count)
        bytes.withUnsafeBytes { if let from = $0.baseAddress { start.copyMemory(from: from, byteCount: $0.count) } }
        add(bytes.count)
    }

    /// Where the next bytes go, with room for so many.
    mutating func room(for byteCount: Int) -> UnsafeMutableRawPointer {
        if memory.byteCount - used < byteCount {
            let larger = Memory(byteCount: (used + byteCount) * 2)
            larger.start.copyMemory(from: memory.start, byteCount: used)
            memory = larger
        }
        return memory.start + used
    }

    /// So many bytes have been written there.
    mutating func add(_ byteCount: Int) { used += byteCount }
}

/// What happened, as lines, and one number that stands for them: FNV-1a of 64 bits.
package struct Trace {
    package private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    package private(set) var count = 0
    /// The lines themselves, where somebody wants to read them.
    package private(set) var lines: [String] = []
    private let keepsLines: Bool

    package init(keepsLines: Bool) { self.keepsLines = keepsLines }

    package mutating func note(_ line: String) {
        for byte in line.utf8 { mix(byte) }
        mix(0x0A)
        count += 1
        if keepsLines { lines.append(line) }
    }

    /// Takes bytes into the number without a line.
    package mutating func mix(_ bytes: [UInt8]) { for byte in bytes { mix(byte) } }

    private mutating func mix(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
}

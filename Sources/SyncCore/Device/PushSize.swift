/// How much goes up at once: less after a push that did not get through in time, more again after quick ones.
///
/// A slow line takes a small push within the hub's deadline for bodies, and never a large one.
package struct PushSize: Hashable, Sendable {
    /// What is taken of the most is one in so many: a power of two.
    private var divisor = 1
    /// With the largest pushes of 4 MiB some 32 KiB: a line that does not carry that within half a minute carries nothing.
    private static let largestDivisor = 128

    package init() {}

    /// Of what would go up at once over a good line: events, or bytes; at least one.
    package func share(of most: Int) -> Int { max(1, most / divisor) }

    /// A push did not get through.
    ///
    /// - Returns: whether the next one is smaller.
    package mutating func shrink() -> Bool {
        guard divisor < Self.largestDivisor else { return false }
        divisor *= 2
        return true
    }

    /// A push took far less than it may.
    mutating func grow() { divisor = max(1, divisor / 2) }
}

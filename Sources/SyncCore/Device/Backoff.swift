/// When to try again: full jitter (M. Brooker, "Exponential Backoff And Jitter", 2015), at most 30 seconds.
struct Backoff: Hashable {
    private static let firstMilliseconds: UInt64 = 500
    private static let longestMilliseconds: UInt64 = 30_000
    private(set) var failures = 0

    mutating func reset() { failures = 0 }

    /// Anything from at once to twice as long as the time before.
    mutating func next(random: UInt64) -> UInt64 {
        let longest = min(Self.longestMilliseconds, Self.firstMilliseconds << UInt64(min(failures, 16)))
        failures += 1
        return random % (longest + 1)
    }
}

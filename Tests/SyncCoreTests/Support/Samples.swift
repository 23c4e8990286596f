import SyncCore
import Workload

extension Secret {
    static func sample(_ number: UInt64) -> Secret {
        var random = SeededRandom(seed: number)
        return Secret(bytes: (0..<32).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    }
}

extension ClockReading {
    /// A machine whose two clocks began together.
    static func at(_ milliseconds: UInt64) -> ClockReading {
        ClockReading(milliseconds: milliseconds, wall: 1_700_000_000_000 + milliseconds)
    }
}

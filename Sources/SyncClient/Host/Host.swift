package import EventCore
internal import Glibc
package import LogStore
package import SyncCore

/// What differs from run to run, for whoever holds a store and syncs it: clocks, randomness, where keys lie, threads.
package enum Host {
    /// The wall clock's milliseconds since 1970.
    package static var wall: UInt64 {
        let now = now(of: CLOCK_REALTIME)
        return UInt64(now.tv_sec) * 1000 + UInt64(now.tv_nsec) / 1_000_000
    }

    /// Seconds of a clock that never goes back, for measuring.
    package static var monotonicSeconds: Double {
        let now = now(of: CLOCK_MONOTONIC)
        return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
    }

    /// What a device's session goes by.
    package static var clock: ClockReading { ClockReading(milliseconds: UInt64(monotonicSeconds * 1000), wall: wall) }

    /// Anything.
    package static var random: UInt64 {
        var random = SystemRandomNumberGenerator()
        return random.next()
    }

    /// A new 128-bit random device: a version 4 UUID.
    package static func newDevice() -> DeviceID { DeviceID(high: random & ~0xF000 | 0x4000, low: random & ~(3 << 62) | 2 << 62) }

    package static func newStoreID() -> StoreID { StoreID(high: random, low: random) }

    package static var process: Int32 { getpid() }

    /// Whether there is a process of that number, whoever owns it.
    package static func isRunning(_ process: Int32) -> Bool { process > 0 && (kill(process, 0) == 0 || errno == EPERM) }

    /// The system's words for an error number.
    package static func describe(errno code: Int32) -> String { String(cString: strerror(code)) }

    /// `$SYNCLINE_KEYS`, else `$XDG_CONFIG_HOME/syncline/keys`, else `~/.config/syncline/keys`.
    package static var keysFolder: String {
        func given(_ name: String) -> String? {
            guard let value = getenv(name), value.pointee != 0 else { return nil }
            return String(cString: value)
        }
        if let folder = given("SYNCLINE_KEYS") { return folder }
        return (given("XDG_CONFIG_HOME") ?? (given("HOME") ?? ".") + "/.config") + "/syncline/keys"
    }

    static func pause(milliseconds: UInt32) { usleep(milliseconds * 1000) }

    private static func now(of clock: clockid_t) -> timespec {
        var now = timespec()
        clock_gettime(clock, &now)
        return now
    }
}

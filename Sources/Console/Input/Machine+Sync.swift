internal import Glibc
internal import HubServer

/// Where keys lie, and the hub's clock.
extension Machine {
    /// Keys lie there from now on, for as long as this process lives.
    static func keepKeys(in folder: String) { setenv("SYNCLINE_KEYS", folder, 1) }

    static var hubClock: HubClock { HubClock(process: process, wall: { wall }, monotonic: { UInt64(monotonicSeconds * 1000) }) }

    /// Something else whenever a file of the folder has been written to, made or removed.
    ///
    /// The clock that a file's time is of ticks some hundred times a second: what is written twice in a tick shows once. So as long as the tick of the last change may go on, it is something
    /// else each time, and whoever asks looks once more.
    ///
    /// - Parameter now: the wall clock's nanoseconds since 1970.
    static func stamp(ofFolder path: String, now: UInt64 = wallNanoseconds) -> UInt64 {
        var (stamp, newest) = modified(path)
        guard let folder = opendir(path) else { return stamp }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !name.hasPrefix(".") else { continue }
            let (file, time) = modified(path + "/" + name)
            stamp = stamp &* 31 &+ file
            newest = max(newest, time)
        }
        let age = max(now, newest) - min(now, newest)
        return age < tickNanoseconds ? stamp &* 31 &+ now : stamp
    }

    /// As long as the slowest clock of a kernel ticks, twice.
    private static var tickNanoseconds: UInt64 { 20_000_000 }

    private static var wallNanoseconds: UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return UInt64(now.tv_sec) &* 1_000_000_000 &+ UInt64(now.tv_nsec)
    }

    /// A file's time and size in one number, and its time alone.
    private static func modified(_ path: String) -> (stamp: UInt64, time: UInt64) {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return (0, 0) }
        let time = UInt64(facts.st_mtim.tv_sec) &* 1_000_000_000 &+ UInt64(facts.st_mtim.tv_nsec)
        return (time &+ UInt64(facts.st_size), time)
    }
}

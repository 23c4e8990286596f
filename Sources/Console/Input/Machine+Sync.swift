internal import Glibc
internal import HubServer

/// Where keys lie, and the hub's clock.
extension Machine {
    /// Keys lie there from now on, for as long as this process lives.
    static func keepKeys(in folder: String) { setenv("SYNCLINE_KEYS", folder, 1) }

    static var hubClock: HubClock { HubClock(process: process, wall: { wall }, monotonic: { UInt64(monotonicSeconds * 1000) }) }

    /// Something else whenever a file of the folder has been written to, made or removed.
    static func stamp(ofFolder path: String) -> UInt64 {
        var stamp = modified(path)
        guard let folder = opendir(path) else { return stamp }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { stamp = stamp &* 31 &+ modified(path + "/" + name) }
        }
        return stamp
    }

    private static func modified(_ path: String) -> UInt64 {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return 0 }
        return UInt64(facts.st_mtim.tv_sec) &* 1_000_000_000 &+ UInt64(facts.st_mtim.tv_nsec) &+ UInt64(facts.st_size)
    }
}

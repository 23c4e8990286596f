internal import EventCore
package import LogStore
package import ReplicaEngine

extension StoreLog {
    /// Opens the log of a workspace's folder, or makes it.
    ///
    /// - Parameters:
    ///   - progress: told now and then how many events of how many have been read, where any have to be.
    ///   - identity: 32 random bytes: asked for when there is no log yet.
    package static func open(
        in folder: String, on volume: Storage, options: LogOptions, progress: (_ done: UInt64, _ total: UInt64) -> Void = { _, _ in },
        identity: () -> [UInt8]
    ) throws(ReplicaError) -> StoreLog {
        let marksFile = MarksFile(in: folder, on: volume)
        do throws(ReplicaError) {
            let store = try Replica.open(in: folder, on: volume, access: .writing, options: options)
            return try StoreLog(store, marksFile, progress: progress)
        } catch {
            guard case .notAStore = error else { throw error }
        }
        let bytes = identity()
        precondition(bytes.count == 32)
        let random = bytes.withUnsafeBytes { bytes in
            (0..<4).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }
        }
        // The hub writes no events: its device is a name for the folder.
        let store = try Replica.create(
            in: folder, on: volume, device: DeviceID(high: random[0] & ~0xF000 | 0x4000, low: random[1] & ~(3 << 62) | 2 << 62),
            name: "hub", storeID: StoreID(high: random[2], low: random[3]), options: options)
        return try StoreLog(store, marksFile, progress: progress)
    }
}

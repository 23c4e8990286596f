package import EventCore
package import LogStore

/// The `device` file of a store: who writes here. Text, so that a person can read it.
///
///     syncline device 1
///     467fd1e3-dd18-5468-a980-b6b45d94434a
///     laptop
package struct StoreIdentity: Hashable, Sendable {
    package let device: DeviceID
    package let name: String

    static let fileName = "device"
    private static let magic = "syncline device "
    private static let version = "1"

    var text: [UInt8] { Array("\(Self.magic)\(Self.version)\n\(device)\n\(name)\n".utf8) }

    /// - Throws: `.notAStore`, `.damagedIdentity`, `.newerIdentity`, `.log`.
    package static func read<Storage: Volume>(in folder: String, on volume: Storage) throws(ReplicaError) -> StoreIdentity {
        let path = folder + "/" + fileName
        guard let text = try contents(of: path, on: volume) else { throw .notAStore(folder: folder) }
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        guard let first = lines.first, first.hasPrefix(magic) else { throw .damagedIdentity(file: path) }
        guard first.dropFirst(magic.count) == version else { throw .newerIdentity(file: path) }
        guard lines.count == 4, let device = DeviceID(lines[1]), lines[3].isEmpty else { throw .damagedIdentity(file: path) }
        return StoreIdentity(device: device, name: String(lines[2]))
    }

    /// nil when there is no such file.
    private static func contents<Storage: Volume>(of path: String, on volume: Storage) throws(ReplicaError) -> [UInt8]? {
        do throws(VolumeError) {
            return try volume.exists(path) ? try volume.wholeFile(path) : nil
        } catch { throw .log(.volume(error)) }
    }
}

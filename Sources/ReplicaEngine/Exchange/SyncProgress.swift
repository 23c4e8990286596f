package import EventCore
internal import Glibc
package import LogStore
internal import SyncCore

/// How far syncing has come: the file `progress` in the folder `sync/` of a store.
package struct SyncProgress: Hashable, Sendable {
    /// Where the next pull begins; empty for the start.
    package var cursor = ""
    /// What the hub had when it last said so.
    package var ackedThrough = VersionVector()
    /// The hub's head then.
    package var head: UInt64?
    /// Milliseconds since 1970.
    package var lastSync: UInt64?
    package var offlineSince: UInt64?
    /// Why the hub does not take this device's events, where it does not.
    package var blocked: String?
    /// The device's own chain as far as it was reckoned.
    package var chain: ChainHead?

    package init() {}

    package static let fileName = "/progress"

    /// What the file of a folder says. One that is not there, or is damaged, says nothing: then everything is pulled again, which changes nothing.
    package static func read<Storage: Volume>(in folder: String, on volume: Storage) throws(VolumeError) -> SyncProgress {
        let text: [UInt8]
        do throws(VolumeError) { text = try volume.wholeFile(folder + fileName) } catch {
            if error.reason == .noSuchFile || error.code == ENOTDIR { return SyncProgress() }
            throw error
        }
        return SyncProgress(json: text)
    }

    /// The same of the file's text.
    package init(json text: [UInt8]?) { self = text.flatMap { try? JSONValue(json: $0) }.map { SyncProgress($0) } ?? SyncProgress() }

    private init(_ object: JSONValue) {
        cursor = object["cursor"]?.text ?? ""
        ackedThrough = VersionVector(hub: object["ackedThrough"])
        head = object["head"]?.integer
        lastSync = object["lastSync"]?.integer
        offlineSince = object["offlineSince"]?.integer
        blocked = object["blocked"]?.text
        if let dot = object["chain"]?.dot, let hash = object["chainHash"]?.bytes.flatMap({ Hash256($0) }) {
            chain = ChainHead(dot: dot, hash: hash)
        }
    }

    package var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("cursor")
        writer.string(cursor)
        writer.key("ackedThrough")
        writer.versionVector(ackedThrough)
        for (name, number) in [("head", head), ("lastSync", lastSync), ("offlineSince", offlineSince)] {
            guard let number else { continue }
            writer.key(name.utf8)
            writer.integer(number)
        }
        if let blocked {
            writer.key("blocked")
            writer.string(blocked)
        }
        if let chain, chain.dot.seq > 0 {
            writer.key("chain")
            writer.dot(chain.dot)
            writer.key("chainHash")
            writer.string(chain.hash.description)
        }
        writer.endObject()
        writer.endLine()
        return writer.bytes
    }
}

extension VersionVector {
    /// The vector of an object `{device: seq}`; what is no device is passed over.
    package init(hub object: JSONValue?) {
        self.init(
            (object?.members ?? []).compactMap { member in
                guard let device = DeviceID(String(decoding: member.key, as: UTF8.self)), let seq = member.value.integer else { return nil }
                return Dot(device: device, seq: seq)
            })
    }
}

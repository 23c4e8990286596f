package import EventCore
internal import SyncCore

/// What a store knows of its hub: the folder `sync/` in it.
package struct SyncFolder {
    package let path: String

    /// - Parameter store: the store's folder.
    package init(ofStore store: String) { path = store + "/sync" }

    private var linkPath: String { path + "/link" }
    private var progressPath: String { path + "/progress" }

    /// nil when the store has not joined.
    package func link() throws(SyncError) -> HubLink? {
        guard let text = try PrivateFile.read(linkPath) else { return nil }
        guard let object = try? JSONValue(json: text), let link = HubLink(object) else { throw .damagedFile(path: linkPath) }
        return link
    }

    func write(_ link: HubLink) throws(SyncError) {
        try PrivateFile.makeFolder(path)
        try PrivateFile.replace(linkPath, in: path, with: link.json)
    }

    /// How far syncing has come. One that is damaged says nothing: then everything is pulled again, which changes nothing.
    package func progress() throws(SyncError) -> SyncProgress {
        guard let text = try PrivateFile.read(progressPath), let object = try? JSONValue(json: text) else { return SyncProgress() }
        return SyncProgress(object)
    }

    package func write(_ progress: SyncProgress) throws(SyncError) {
        try PrivateFile.makeFolder(path)
        try PrivateFile.replace(progressPath, in: path, with: progress.json)
    }
}

/// The hub that a store belongs to, and how it comes in.
package struct HubLink: Hashable, Sendable {
    /// Addresses of the hub, the preferred one first.
    package let hubs: [String]
    package let workspace: String
    /// 16 bytes.
    let workspaceID: [UInt8]
    package var role: String
    package var token: String
    /// A file of certificates to trust, in PEM; nil for the system's.
    package let authorities: String?

    init(hubs: [String], workspace: String, workspaceID: [UInt8], role: String, token: String, authorities: String?) {
        self.hubs = hubs
        self.workspace = workspace
        self.workspaceID = workspaceID
        self.role = role
        self.token = token
        self.authorities = authorities
    }

    init?(_ object: JSONValue) {
        guard let hubs = object["hubs"]?.items?.compactMap(\.text), !hubs.isEmpty, let workspace = object["workspace"]?.text,
            let id = object["workspaceId"]?.bytes, id.count == 16, let role = object["role"]?.text, let token = object["token"]?.text
        else { return nil }
        self.init(
            hubs: hubs, workspace: workspace, workspaceID: id, role: role, token: token, authorities: object["authorities"]?.text)
    }

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("hubs")
        writer.beginArray()
        for hub in hubs { writer.string(hub) }
        writer.endArray()
        writer.key("workspace")
        writer.string(workspace)
        writer.key("workspaceId")
        writer.string(Hexadecimal.text(workspaceID))
        writer.key("role")
        writer.string(role)
        writer.key("token")
        writer.string(token)
        if let authorities {
            writer.key("authorities")
            writer.string(authorities)
        }
        writer.endObject()
        writer.endLine()
        return writer.bytes
    }
}

/// How far syncing has come.
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
    var chain: ChainHead?

    package init() {}

    init(_ object: JSONValue) {
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

    var json: [UInt8] {
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
    init(hub object: JSONValue?) {
        self.init(
            (object?.members ?? []).compactMap { member in
                guard let device = DeviceID(String(decoding: member.key, as: UTF8.self)), let seq = member.value.integer else { return nil }
                return Dot(device: device, seq: seq)
            })
    }
}

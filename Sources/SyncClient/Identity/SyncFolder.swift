package import EventCore
internal import Glibc
internal import LogStore
package import ReplicaEngine
package import SyncCore

/// What a store knows of its hub: the folder `sync/` in it.
package struct SyncFolder {
    package let path: String
    private let store: String
    /// The device that it is to be of when something of it is changed; nil: whoever's it is.
    private let device: DeviceID?

    /// - Parameters:
    ///   - store: the store's folder.
    ///   - device: whose progress, link and receipts are meant: nothing is noted for the next one's when the store is mended meanwhile. nil: whoever's they are.
    package init(ofStore store: String, for device: DeviceID? = nil) {
        (path, self.store, self.device) = (store + "/sync", store, device)
    }

    private var linkPath: String { path + "/link" }
    private var signaturesPath: String { path + "/signatures" }

    /// nil when the store has not joined.
    package func link() throws(SyncError) -> HubLink? {
        guard let text = try PrivateFile.read(linkPath) else { return nil }
        guard let link = HubLink(text: text) else { throw .damagedFile(path: linkPath) }
        return link
    }

    /// Whether the store has joined a hub. A damaged link says so, too.
    package var hasLink: Bool {
        do throws(SyncError) { return try link() != nil } catch { return true }
    }

    func write(_ link: HubLink) throws(SyncError) {
        try PrivateFile.makeFolder(path)
        try PrivateFile.replace(linkPath, in: path, with: link.json)
    }

    /// Calls the hub at other addresses from now on.
    ///
    /// - Throws: `.notJoined`, `.badURL`
    package func set(hubs: [String]) throws(SyncError) {
        let hubs = hubs.map(HubConnection.withoutSlash)
        for hub in hubs { guard HubConnection.isURL(hub) else { throw .badURL(hub) } }
        try change { $0.hubs = hubs }
    }

    /// Keeps a new token.
    func set(token: String) throws(SyncError) { try change { $0.token = token } }

    /// Others may change something else of it meanwhile.
    private func change(_ change: (inout HubLink) -> Void) throws(SyncError) {
        guard try link() != nil else { throw .notJoined(folder: path) }
        var isDamaged = false
        try update(linkPath) { text in
            guard var link = text.flatMap(HubLink.init(text:)) else {
                isDamaged = true
                return nil
            }
            change(&link)
            return link.json
        }
        if isDamaged { throw .damagedFile(path: linkPath) }
    }

    /// Who has which of this device's critical events.
    package func receipts() throws(SyncError) -> CriticalReceipts {
        CriticalReceipts(json: try PrivateFile.read(path + CriticalReceipts.fileName))
    }

    /// Notes what the hub said of them. A watch and a command may both have heard something: one after the other.
    package func noteReceipts(_ change: (inout CriticalReceipts) -> Void) throws(SyncError) {
        try update(path + CriticalReceipts.fileName) { text in
            let known = CriticalReceipts(json: text)
            var receipts = known
            change(&receipts)
            return receipts != known ? receipts.json : nil
        }
    }

    /// What the workspace's devices have signed of their events, as far as this store has heard; nil when it has heard nothing.
    package func signatures() throws(SyncError) -> DeviceSignatures? {
        guard let text = try PrivateFile.read(signaturesPath) else { return nil }
        guard let signatures = DeviceSignatures(json: text) else { throw .damagedFile(path: signaturesPath) }
        return signatures
    }

    /// Keeps those that are right and speak of events that the store has. A damaged file is begun anew.
    func note(_ heard: [DeviceSignature], known: VersionVector, in workspace: WorkspaceID) throws(SyncError) {
        try update(signaturesPath) { text in
            let kept = text.flatMap(DeviceSignatures.init(json:))
            var signatures = kept.flatMap { $0.workspace == workspace ? $0 : nil } ?? DeviceSignatures(workspace: workspace)
            signatures.hear(heard, known: known, by: StandardCryptography.self)
            return signatures != kept ? signatures.json : nil
        }
    }

    package func progress() throws(SyncError) -> SyncProgress {
        do throws(VolumeError) { return try SyncProgress.read(in: path, on: POSIXVolume()) } catch {
            throw .file(path: error.path, code: error.code)
        }
    }

    /// Notes what somebody has learned. A watch and commands may both have learned something: nobody puts back what others have.
    package func noteProgress(_ change: (inout SyncProgress) -> Void) throws(SyncError) {
        try update(path + SyncProgress.fileName) { text in
            var progress = SyncProgress(json: text)
            change(&progress)
            return progress.json
        }
    }

    /// Changes a file while nobody else changes one of the folder's, and the store is not mended.
    ///
    /// - Throws: `.otherIdentity`, `.file`
    private func update(_ file: String, _ change: ([UInt8]?) -> [UInt8]?) throws(SyncError) {
        var isOthers = false
        let isMissing = { (error: SyncError) in if case .file(_, ENOENT) = error { true } else { false } }
        try Mending.outlasting(store, missing: isMissing) { () throws(SyncError) in
            try PrivateFile.update(file, in: path) { text in
                isOthers = device != nil && (try? StoreIdentity.read(in: store, on: POSIXVolume()))?.device != device
                return isOthers ? nil : change(text)
            }
        }
        if isOthers { throw .otherIdentity(folder: store) }
    }
}

/// The hub that a store belongs to, and how it comes in.
package struct HubLink: Hashable, Sendable {
    /// Addresses of the hub, the preferred one first.
    package fileprivate(set) var hubs: [String]
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

    init?(text: [UInt8]) {
        guard let object = try? JSONValue(json: text),
            let hubs = object["hubs"]?.items?.compactMap(\.text), !hubs.isEmpty, let workspace = object["workspace"]?.text,
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

package import EventCore
internal import NIOHTTP1
internal import SyncCore

/// Enrolling a store's device at a hub.
package enum Joining {
    /// - Parameters:
    ///   - chain: the device's own, up to its last event.
    ///   - hubs: addresses of the hub, the preferred one first.
    ///   - keys: the folder that device keys lie in.
    ///   - formerly: the identity that this device had before a fork was mended.
    /// - Throws: `.alreadyJoined`, `.notAllowed` when the code is no good, `.unreachable`.
    package static func join(
        _ hubs: [String], code: String, device: DeviceID, name: String, chain: ChainHead, folder: SyncFolder, keys: String,
        authorities: String?, formerly: DeviceID? = nil
    ) throws(SyncError) -> HubLink {
        if let link = try folder.link() { throw .alreadyJoined(hub: link.hubs.joined(separator: ", ")) }
        let link = try enrol(
            hubs.map(HubConnection.withoutSlash), code: code, device: device, name: name, chain: chain, keys: keys,
            authorities: authorities, formerly: formerly)
        try folder.write(link)
        return link
    }

    /// Says with the same code, or another one, that the device had written more before it joined.
    ///
    /// - Throws: `.notJoined`, `.notAllowed` when the code is no good any more, `.unreachable`.
    static func extend(
        _ folder: SyncFolder, code: String, device: DeviceID, name: String, chain: ChainHead, keys: String, formerly: DeviceID
    ) throws(SyncError) {
        guard let link = try folder.link() else { throw .notJoined(folder: folder.path) }
        let extended = try enrol(
            link.hubs, code: code, device: device, name: name, chain: chain, keys: keys, authorities: link.authorities, formerly: formerly)
        try folder.write(extended)
    }

    private static func enrol(
        _ hubs: [String], code: String, device: DeviceID, name: String, chain: ChainHead, keys: String, authorities: String?,
        formerly: DeviceID?
    ) throws(SyncError) -> HubLink {
        let connection = try HubConnection(hubs: hubs, authorities: authorities)
        let key = try DeviceKey.readOrMake(device, in: keys)
        let enrolment = Enrolment(
            device: device, code: Secret(code: code), name: name, publicKey: key.publicKey, chain: chain, formerly: formerly)
        let reply = try connection.call(.POST, "/devices", for: .object, body: enrolment.json)
        guard let object = try? JSONValue(json: reply.body), let token = object["token"]?.text, let role = object["role"]?.text,
            let workspace = object["workspace"]?.text, let id = object["workspaceId"]?.bytes, id.count == 16
        else { throw .strangeAnswer(hub: connection.hub, what: "an enrolment without a token") }
        return HubLink(hubs: hubs, workspace: workspace, workspaceID: id, role: role, token: token, authorities: authorities)
    }
}

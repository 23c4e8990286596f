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
        let hubs = hubs.map(HubConnection.withoutSlash)
        if let link = try folder.link() { throw .alreadyJoined(hub: link.hubs.joined(separator: ", ")) }
        let connection = try HubConnection(hubs: hubs, authorities: authorities)
        let key = try DeviceKey.readOrMake(device, in: keys)
        let enrolment = Enrolment(
            device: device, code: Secret(code: code), name: name, publicKey: key.publicKey, chain: chain, formerly: formerly)
        let reply = try connection.call(.POST, "/devices", body: enrolment.json)
        guard let object = try? JSONValue(json: reply.body), let token = object["token"]?.text, let role = object["role"]?.text,
            let workspace = object["workspace"]?.text, let id = object["workspaceId"]?.bytes, id.count == 16
        else { throw .strangeAnswer(hub: connection.hub, what: "an enrolment without a token") }
        let link = HubLink(hubs: hubs, workspace: workspace, workspaceID: id, role: role, token: token, authorities: authorities)
        try folder.write(link)
        return link
    }
}

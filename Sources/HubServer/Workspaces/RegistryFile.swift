internal import EventCore
internal import LogStore

/// The `registry` file of a workspace: JSON, replaced as a whole, so that it is there as before or as after.
struct RegistryFile {
    let folder: String
    let volume = POSIXVolume()

    private static let version = 1
    private var path: String { folder + "/registry" }

    init(in folder: String) { self.folder = folder }

    /// - Throws: `HubError.damagedRegistry`, or what the disk says.
    func read() throws(HubError) -> Registry {
        let text: [UInt8]
        do throws(VolumeError) {
            guard try volume.exists(path) else { return Registry() }
            text = try volume.wholeFile(path)
        } catch { throw .volume(error) }
        guard let value = try? JSONValue(json: text), let registry = Self.registry(value) else { throw .damagedRegistry(file: path) }
        return registry
    }

    func write(_ registry: Registry) throws(HubError) {
        do throws(VolumeError) {
            try volume.replaceFile(path, by: path + ".unfinished", in: folder, with: Self.text(registry))
        } catch { throw .volume(error) }
    }

    // MARK: - Text

    private static func text(_ registry: Registry) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("version")
        writer.integer(version)
        writer.key("devices")
        writer.beginArray()
        for device in registry.devices { write(device, &writer) }
        writer.endArray()
        writer.key("invitations")
        writer.beginArray()
        for invitation in registry.invitations { write(invitation, &writer) }
        writer.endArray()
        writer.endObject()
        writer.endLine()
        return writer.bytes
    }

    private static func write(_ device: Registry.Device, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("device")
        writer.device(device.id)
        writer.key("name")
        writer.string(device.name)
        writer.key("key")
        writer.string(Hexadecimal.text(device.key))
        writer.key("role")
        writer.string(device.role.rawValue)
        writer.key("enrolledAt")
        writer.integer(device.enrolledAt)
        if let revokedAt = device.revokedAt {
            writer.key("revokedAt")
            writer.integer(revokedAt)
        }
        writer.endObject()
    }

    private static func write(_ invitation: Registry.Invitation, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("code")
        writer.string(Hexadecimal.text(invitation.codeHash))
        writer.key("role")
        writer.string(invitation.role.rawValue)
        writer.key("expires")
        writer.integer(invitation.expires)
        if let usedBy = invitation.usedBy {
            writer.key("usedBy")
            writer.device(usedBy)
        }
        writer.endObject()
    }

    private static func registry(_ value: JSONValue) -> Registry? {
        guard value["version"]?.integer == UInt64(version), let devices = value["devices"]?.items,
            let invitations = value["invitations"]?.items
        else { return nil }
        let readDevices = devices.compactMap(device)
        let readInvitations = invitations.compactMap(invitation)
        guard readDevices.count == devices.count, readInvitations.count == invitations.count else { return nil }
        return Registry(devices: readDevices, invitations: readInvitations)
    }

    private static func device(_ value: JSONValue) -> Registry.Device? {
        guard let id = value["device"]?.text.flatMap({ DeviceID($0) }), let name = value["name"]?.text, let key = value["key"]?.bytes,
            let role = value["role"]?.text.flatMap({ DeviceRole(rawValue: $0) }), let enrolledAt = value["enrolledAt"]?.integer
        else { return nil }
        return Registry.Device(
            id: id, name: name, key: key, role: role, enrolledAt: enrolledAt, revokedAt: value["revokedAt"]?.integer)
    }

    private static func invitation(_ value: JSONValue) -> Registry.Invitation? {
        guard let codeHash = value["code"]?.bytes, let role = value["role"]?.text.flatMap({ DeviceRole(rawValue: $0) }),
            let expires = value["expires"]?.integer
        else { return nil }
        return Registry.Invitation(
            codeHash: codeHash, role: role, expires: expires, usedBy: value["usedBy"]?.text.flatMap { DeviceID($0) })
    }
}

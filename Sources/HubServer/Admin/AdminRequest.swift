internal import EventCore
internal import SyncCore

/// What the admin socket is asked: to make an invitation.
struct AdminRequest: Hashable, Sendable {
    let workspace: String
    let role: Role
    let lifeMilliseconds: UInt64

    static let limitBytes = 4096

    init(workspace: String, role: Role, lifeMilliseconds: UInt64) {
        self.workspace = workspace
        self.role = role
        self.lifeMilliseconds = lifeMilliseconds
    }

    init?(line: [UInt8]) {
        guard let object = try? JSONValue(json: line), let invite = object["invite"], let workspace = invite["workspace"]?.text,
            let role = invite["role"]?.text.flatMap({ Role(rawValue: $0) }), let life = invite["ttlMs"]?.integer
        else { return nil }
        self.init(workspace: workspace, role: role, lifeMilliseconds: life)
    }

    var line: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("invite")
        writer.beginObject()
        writer.key("workspace")
        writer.string(workspace)
        writer.key("role")
        writer.string(role.rawValue)
        writer.key("ttlMs")
        writer.integer(lifeMilliseconds)
        writer.endObject()
        writer.endObject()
        writer.endLine()
        return writer.bytes
    }
}

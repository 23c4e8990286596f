internal import EventCore
package import SyncCore

/// A one-time code and what it is good for.
package struct Invitation: Hashable, Sendable {
    package let code: String
    package let workspace: String
    package let role: Role
    /// Milliseconds since 1970.
    package let expires: UInt64

    init(code: String, workspace: String, role: Role, expires: UInt64) {
        self.code = code
        self.workspace = workspace
        self.role = role
        self.expires = expires
    }

    init?(json: [UInt8]) {
        guard let object = try? JSONValue(json: json), let code = object["code"]?.text, let workspace = object["workspace"]?.text,
            let role = object["role"]?.text.flatMap({ Role(rawValue: $0) }), let expires = object["expires"]?.integer
        else { return nil }
        self.init(code: code, workspace: workspace, role: role, expires: expires)
    }

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("code")
        writer.string(code)
        writer.key("workspace")
        writer.string(workspace)
        writer.key("role")
        writer.string(role.rawValue)
        writer.key("expires")
        writer.integer(expires)
        writer.endObject()
        return writer.bytes
    }
}

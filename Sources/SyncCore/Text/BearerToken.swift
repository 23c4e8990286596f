internal import EventCore

/// A token as it travels: `WORKSPACE.HEXADECIMAL`.
package struct BearerToken: Hashable, Sendable {
    /// The workspace's name at its hub.
    package let workspace: String
    package let secret: Secret

    package init(workspace: String, secret: Secret) {
        self.workspace = workspace
        self.secret = secret
    }

    /// nil for what is no token.
    package init?(_ text: some StringProtocol) {
        guard let dot = text.lastIndex(of: "."), let bytes = Hexadecimal.bytes(text[text.index(after: dot)...].utf8) else { return nil }
        self.init(workspace: String(text[..<dot]), secret: Secret(bytes: bytes))
    }

    package var text: String { "\(workspace).\(Hexadecimal.text(secret.bytes))" }
}

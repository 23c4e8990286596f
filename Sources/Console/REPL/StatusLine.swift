/// What the prompt says of the store: a value that is filled in by whoever knows.
struct StatusLine: Hashable {
    /// How the hub is reached. Its sign stands there even without colours.
    enum Link: Hashable {
        case connected, syncing, offline, failed, blocked

        var sign: StyledText {
            switch self {
            case .connected: StyledText("●", .good)
            case .syncing: StyledText("◐", .good)
            case .offline: StyledText("○", .faint)
            case .failed: StyledText("✕", .bad)
            case .blocked: StyledText("■", .bad)
            }
        }
    }

    struct Hub: Hashable {
        let role: String
        let link: Link
        /// `synced 12s`.
        let detail: String
    }

    let name: String
    /// nil before a workspace is joined: then there is nothing to be connected to.
    var hub: Hub?
    var conflicts = 0
    /// Own events that the hub does not have yet.
    var pending = 0

    private static let nameColumns = 24

    /// `laptop·client ● synced 12s · 2 conflicts · 3 pending › `.
    var prompt: StyledText {
        var text = StyledText(Printable.cut(name, to: Self.nameColumns), .strong)
        if let hub { text += StyledText("·\(hub.role) ") + hub.link.sign + StyledText(" \(hub.detail)") }
        if conflicts > 0 { text += " · " + StyledText(Sentences.count(conflicts, "conflict"), .contested) }
        if pending > 0 { text += " · \(pending) pending" }
        return text + " › "
    }
}

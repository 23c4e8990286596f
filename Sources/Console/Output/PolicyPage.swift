internal import EventCore
internal import ReplicaEngine

/// What policies decided of a conflict, for programs.
enum PolicyJSON {
    /// `decided`: field → policy, and the value or that it is removed; the field "" stands for delete against edit, with the dot of the side that was taken.
    static func write(_ conflict: Conflict, to writer: inout JSONWriter) {
        let fields = conflict.fields.filter { !$0.decision.isOpen }
        writer.key("decided")
        writer.beginObject()
        if let winner = conflict.winner {
            writer.key("")
            writer.beginObject()
            writer.key("policy")
            writer.string(conflict.policy.word)
            writer.key("dot")
            writer.dot(winner.dot)
            writer.endObject()
        }
        for field in fields {
            writer.key(field.field.utf8)
            writer.beginObject()
            writer.key("policy")
            writer.string(field.policy.word)
            if case .value(let value) = field.decision { writer.member("value", value) } else { writer.member("value", nil) }
            writer.endObject()
        }
        writer.endObject()
    }
}

/// What was answered here before to the same question.
enum SuggestionText {
    /// A line for each open field that there is an answer for.
    static func write(_ conflict: Conflict, _ suggestion: (FieldConflict) -> Suggestion?, to output: Output) {
        for field in conflict.openFields {
            guard let suggestion = suggestion(field), let time = try? HybridTime(milliseconds: suggestion.milliseconds) else { continue }
            let answer = suggestion.value.map { "= " + ValueText.short([$0]) } ?? "is removed"
            output.line("settled like this on \(TimeText.iso(time)): \(field.field.text) \(answer)")
        }
    }
}

/// What policies decided of a conflict, for people.
enum PolicyText {
    /// A line for each field, and one for delete against edit.
    static func write(_ conflict: Conflict, name: (DeviceID) -> String, to output: Output) {
        if let winner = conflict.winner {
            output.line(
                "policy \(conflict.policy.word) takes the \(winner.isDelete ? "delete" : "edit") of \(name(winner.dot.device))")
        }
        for field in conflict.fields {
            switch field.decision {
            case .value(let value): output.line("policy \(field.policy.word) makes \(field.field.text) = \(ValueText.short([value]))")
            case .removed: output.line("policy \(field.policy.word) removes \(field.field.text)")
            case .open where field.policy != .manual && field.policy != .record:
                output.line("policy \(field.policy.word) does not fit \(field.field.text)")
            case .open: break
            }
        }
    }
}

internal import EventCore
internal import ReplicaEngine

/// A record for people: a line a field; contested ones are marked with !, those that a policy decides with ~.
enum RecordText {
    /// - Parameter program: what stands before a command where this is read.
    static func write(_ decided: DecidedRecord, to output: Output, program: String) {
        let (record, shown) = (decided.record, decided.shown)
        let key = Arguments.typed(record.key)
        let open = Set(decided.open.map(\.field))
        if decided.isDeleted {
            output.line("deleted")
        } else if shown.isEmpty && !decided.isOpen {
            output.line("no fields")
        }
        if decided.isDeletionOpen { output.line("! deleted on one device and edited on another: `\(program)show \(key)`") }
        if decided.conflict?.isOfWholeEdits == true {
            output.line("! edited side by side, which the policy `record` calls a conflict: `\(program)show \(key)`")
        }
        let values = Dictionary(uniqueKeysWithValues: shown.map { ($0.field, $0.value) })
        for field in Set(values.keys).union(open).sorted() {
            let policy = decided.conflict?.fields.first { $0.field == field && !$0.decision.isOpen }?.policy
            let mark = open.contains(field) ? "! " : policy == nil ? "  " : "~ "
            guard let value = values[field] else {
                output.line("\(mark)\(field.text) is removed, and contested")
                continue
            }
            output.line("\(mark)\(field.text) = \(value)\(policy.map { "  (policy \($0.word))" } ?? "")")
        }
    }
}

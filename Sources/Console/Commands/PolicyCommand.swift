internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine

/// Shows and sets policies.
struct PolicyCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Show or set how conflicts are decided without a person, per collection and field.",
        discussion: """
            NAME is one of
              manual   a person decides (this is so where nothing is set)
              latest   the entry written last
              master   the entry written under the newest master lease, then the last one
              max min  the greatest or least of numbers, or of strings by bytes
              union    arrays as sets: what every side has, and what any side has added
              text     strings merged by line; still a conflict where lines overlap
              record   whole edits that did not see each other are a conflict (only without --field)
            A policy that does not fit the values leaves the conflict open; who sets one is told how many. Policies are records of the collection _policy: synced, audited, undone like any. In a workspace only the device that leads \
            writes them: its role is master, the hub can be reached, and no other device leads. Examples:

              syncline policy notes --field tags union
              syncline policy notes latest --note "nobody reads these"
            """)

    @Argument(help: "The collection; all when left out.") var collection: String?
    @Argument(help: ArgumentHelp("The policy to set.", valueName: "name")) var policy: String?
    @Option(help: ArgumentHelp("Only this field; otherwise all that have no policy of their own.", valueName: "name")) var field: String?
    @Option(help: ArgumentHelp("Why, for the audit.", valueName: "text")) var note: String?
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard collection != nil || field == nil else { throw ValidationError("--field goes with a collection") }
        guard policy != nil || note == nil else { throw ValidationError("--note goes with a policy that is set") }
    }

    func run(_ session: Session) throws {
        let collection = try collection.map(Arguments.collection)
        let field = try field.map(Arguments.field)
        guard let policy, let collection else {
            try show(collection, field, session)
            return
        }
        try set(policy, collection, field ?? .restOfFields, session)
    }

    private func set(_ word: String, _ collection: Name, _ field: Name, _ session: Session) throws {
        let known = Policy.allCases.map(\.word).joined(separator: ", ")
        guard let policy = Policy(word: word.utf8) else {
            throw ConsoleError.usage("there is no policy “\(word)”", hint: "the policies are: \(known)")
        }
        guard policy != .record || field == .restOfFields else {
            throw ConsoleError.usage(
                "`record` is about whole records, not about one field", hint: "leave --field out, or take one of: \(known)")
        }
        guard collection != .policies else {
            throw ConsoleError(
                code: "fixed-policy", "policies themselves are read by `master`, which cannot be changed", hint: "name another collection")
        }
        let write = FieldWrite(field: field, value: FieldValue(text: policy.word))
        let key = RecordKey(collection: .policies, record: collection)
        try Writing(session).commit(
            Draft(key: key, body: try body(set: [write], unset: []), note: try Arguments.note(note)))
    }

    private func show(_ collection: Name?, _ field: Name?, _ session: Session) throws {
        let store = try session.reading()
        guard let collection else {
            var count = 0
            try store.decidedRecords(in: .policies) { record in
                guard !record.isDeleted, record.key.record != .policies else { return true }
                count += 1
                write(record.key.record, try store.policies(of: record.key.record), nil, session)
                return true
            }
            if count == 0 && !session.isJSON { session.output.note("no collection has a policy: a person decides every conflict") }
            return
        }
        write(collection, try store.policies(of: collection), field, session)
    }

    /// A collection's policies; of one field the one that holds for it.
    private func write(_ collection: Name, _ policies: CollectionPolicies, _ field: Name?, _ session: Session) {
        let named =
            field.map { [($0, $0 == .restOfFields ? policies.rest : policies[$0])] }
            ?? (policies.fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } + [(.restOfFields, policies.rest)])
        if session.isJSON {
            session.output.object { writer in
                writer.key("collection")
                writer.string(collection.utf8)
                writer.key("policies")
                writer.beginObject()
                for (field, policy) in named {
                    writer.key(field.utf8)
                    writer.string(policy.word)
                }
                writer.endObject()
            }
            return
        }
        let typed = Arguments.text(collection: collection)
        for (field, policy) in named { session.output.line("\(typed)  \(field.text)  \(policy.word)") }
    }
}

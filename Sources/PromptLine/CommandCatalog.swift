/// The commands' names, options and what their words mean, for completion.
package struct CommandCatalog: Sendable {
    struct Option: Hashable, Sendable {
        let name: String
        let takesValue: Bool
    }

    /// What a word of a command means.
    enum Meaning: Hashable {
        case record, collection, field, write, condition, device, side, fieldOfSide, policy, kind, command, file, nothing
    }

    let options: [String: [Option]]

    /// Reads them off the commands' own help, so that there is one list of them.
    ///
    /// - Parameter help: of each command, with no line of it broken.
    package init(help: [String: String]) { options = help.mapValues(Self.options) }

    var names: [String] { options.keys.sorted() }

    /// `  --where <field=value>  Only …` → `--where`, which takes a value.
    private static func options(in help: String) -> [Option] {
        help.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            guard line.hasPrefix("  -"), let index = words.prefix(2).firstIndex(where: { $0.hasPrefix("--") }) else { return nil }
            let takesValue = index + 1 < words.count && words[index + 1].hasPrefix("<")
            return Option(name: String(words[index].prefix { $0 != "," }), takesValue: takesValue)
        }
    }

    /// What an option's value means.
    static func meaning(ofOption name: String) -> Meaning {
        switch name {
        case "--device": .device
        case "--collection": .collection
        case "--field", "--unset": .field
        case "--where": .condition
        case "--set": .write
        case "--choose": .side
        case "--choose-field": .fieldOfSide
        case "--kind": .kind
        default: .nothing
        }
    }

    /// What a command's word at this place, counted from 0, means.
    static func meaning(of command: String, at place: Int) -> Meaning {
        switch (command, place) {
        case ("get", 0), ("show", 0), ("resolve", 0), ("delete", 0), ("log", 0), ("why", 0), ("put", 0), ("unset", 0): .record
        case ("put", _): .write
        case ("unset", _), ("why", 1): .field
        case ("list", 0), ("policy", 0): .collection
        case ("policy", 1): .policy
        case ("name", 0), ("revoke", 0): .device
        case ("help", 0): .command
        case ("import", 0), ("export", 0), ("inspect", 0): .file
        default: .nothing
        }
    }
}

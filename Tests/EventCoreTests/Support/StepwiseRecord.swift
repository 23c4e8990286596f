import EventCore

/// The fold as semantics words it, step by step, in dictionaries: the reference model's twin, which looks at each event once.
struct StepwiseRecord {
    struct Entry: Hashable {
        let dot: Dot
        let value: FieldValue?
    }

    private(set) var clock: [DeviceID: UInt64] = [:]
    private(set) var heads: Set<Dot> = []
    private(set) var tombstones: Set<Dot> = []
    private(set) var fields: [Name: Set<Entry>] = [:]

    mutating func apply(_ event: Event) {
        guard clock[event.dot.device, default: 0] < event.dot.seq else { return }
        var context: [DeviceID: UInt64] = [:]
        for entry in event.context.entries { context[entry.device] = entry.seq }
        func isStanding(_ dot: Dot) -> Bool { context[dot.device, default: 0] < dot.seq }

        heads = heads.filter(isStanding).union([event.dot])
        tombstones = tombstones.filter(isStanding)
        switch event.body {
        case .write(let set, let unset):
            for (field, value) in set.map({ ($0.field, Optional($0.value)) }) + unset.map({ ($0, nil) }) {
                fields[field] = fields[field, default: []].filter { isStanding($0.dot) }.union([Entry(dot: event.dot, value: value)])
            }
        case .delete:
            fields = fields.mapValues { $0.filter { isStanding($0.dot) } }.filter { !$0.value.isEmpty }
            tombstones.insert(event.dot)
        }
        for (device, seq) in context { clock[device] = max(clock[device, default: 0], seq) }
        clock[event.dot.device] = max(clock[event.dot.device, default: 0], event.dot.seq)
    }
}

internal import EventCore

/// Policies that were looked up lately. They are records, so they hold until the log goes on.
struct PolicyCache {
    struct Key: Hashable {
        let collection: Name
        let moment: Moment?
    }

    private var end: Position?
    private var policies: [Key: CollectionPolicies] = [:]
    private static let limit = 1024

    func policies(_ key: Key, at end: Position) -> CollectionPolicies? { self.end == end ? policies[key] : nil }

    mutating func add(_ found: CollectionPolicies, _ key: Key, at end: Position) {
        if self.end != end || policies.count >= Self.limit { policies.removeAll(keepingCapacity: true) }
        self.end = end
        policies[key] = found
    }
}

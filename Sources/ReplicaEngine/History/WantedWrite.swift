internal import EventCore

/// A value of a field that a record is wanted to have shown.
struct WantedWrite {
    let write: FieldWrite
    /// What one at least of the values has of which a policy made it, if nobody wrote it.
    private let traces: [ValueTrace]

    /// - Parameter policies: of the field, one at least in each collection.
    init(_ write: FieldWrite, madeBy policies: Set<Policy>) {
        self.write = write
        traces = policies.compactMap { $0.trace(of: write.value) }
    }

    /// For one thread.
    var search: WriteSearch { WriteSearch(write, orWith: traces) }
}

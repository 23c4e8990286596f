package import EventCore

/// What `conflicts` says of a record in conflict, for which no history has to be read: who disagrees on what, without base and values.
package struct OpenConflict: Hashable, Sendable {
    package struct Side: Hashable, Sendable {
        package let dot: Dot
        package let time: HybridTime
        /// Whose side it is: as `ReplicaEngine.Side` has it.
        package let standsFor: Dot
    }

    package let key: RecordKey
    /// The contested fields that no policy decides, sorted by name.
    package let fields: [Name]
    /// Whether delete stands against edit and no policy decides it.
    package let isDeletionOpen: Bool
    /// Greatest rank first.
    package let sides: [Side]

    package init(_ conflict: Conflict) {
        key = conflict.key
        fields = conflict.openFields.map(\.field)
        isDeletionOpen = conflict.isDeletionOpen
        sides = conflict.sides.map { Side(dot: $0.dot, time: $0.event.time, standsFor: $0.standsFor) }
    }

    /// A record whose sides are just the contested entries, and of whose fields policies decide some. nil where a device has several sides: only an undo makes that, and whose they are is told by the history.
    init?(_ record: Record, decided: Set<Name?>) {
        key = record.key
        fields = record.fields.filter(\.isContested).map(\.field).filter { !decided.contains($0) }
        isDeletionOpen = false
        let dots = Set(record.fields.filter(\.isContested).flatMap(\.versions).map(\.dot))
        guard Set(dots.map(\.device)).count == dots.count else { return nil }
        sides = dots.compactMap { dot in record.times[dot].map { Side(dot: dot, time: $0, standsFor: dot) } }
            .sorted { Rank(time: $0.time, dot: $0.dot) > Rank(time: $1.time, dot: $1.dot) }
    }

    /// Whether a device has a side in it.
    package func involves(_ device: DeviceID) -> Bool { sides.contains { $0.standsFor.device == device } }
}

internal import EventCore
internal import ReplicaEngine

/// A record on which devices disagree: what each of them made of it, and what all of them had seen before.
///
/// A conflict is a value: it may be shown, settled on any device by a `Resolution`, or left alone; the record can be read and written meanwhile.
public struct Conflict: Hashable, Sendable {
    /// What one device made of the record.
    public struct Side: Hashable, Sendable {
        /// The event that the side comes from.
        public let event: Dot
        /// The device that wrote it.
        public let device: Device
        /// When that was, by the device's clock: milliseconds since 1970.
        public let time: UInt64
        /// Why, as its writer said.
        public let note: String?
        /// Whether this side deleted the record.
        public let isDelete: Bool
        /// The whole record as this side saw it.
        public let values: [Name: Value]
    }

    /// One of the values that a field holds.
    public struct Version: Hashable, Sendable {
        /// The side's event that wrote it.
        public let event: Dot
        /// The value; nil where the field was removed.
        public let value: Value?
    }

    /// A field on which sides disagree.
    public struct Field: Hashable, Sendable {
        /// The field.
        public let name: Name
        /// What it held when all sides still agreed: nothing, one value, or several that were never settled; nil is *removed*.
        public let base: [Value?]
        /// What it holds now; what is shown stands first.
        public let versions: [Version]
    }

    /// The record.
    public let key: RecordKey
    /// The fields that somebody has to decide, sorted by name; none where all that is to be decided is delete against edit.
    public let fields: [Field]
    /// Whether one side deleted what another edited.
    public let isDeleteAgainstEdit: Bool
    /// The record as all sides had seen it; nil where there was none.
    public let base: [Name: Value]?
    /// At least two; what is shown comes from the first, where it has to do with it.
    public let sides: [Side]

    let value: ReplicaEngine.Conflict

    init(_ conflict: ReplicaEngine.Conflict, _ names: DeviceNames) {
        value = conflict
        key = RecordKey(conflict.key)
        fields = conflict.openFields.map { field in
            Field(
                name: Name(field.field), base: field.base.map { $0.map { Value($0) } },
                versions: field.versions.map { Version(event: Dot($0.dot), value: $0.value.map { Value($0) }) })
        }
        isDeleteAgainstEdit = conflict.isDeletionOpen
        base = conflict.base.map { values($0.shown) }
        sides = conflict.sides.map { side in
            Side(
                event: Dot(side.dot), device: Device(side.dot.device, names.label(of: side.dot.device)), time: side.event.time.milliseconds,
                note: side.event.note?.text, isDelete: side.isDelete, values: values(side.record.shown))
        }
    }

    /// What a side is called in messages.
    func name(of dot: EventCore.Dot) -> String { sides.first { $0.event == Dot(dot) }?.device.name ?? dot.description }
}

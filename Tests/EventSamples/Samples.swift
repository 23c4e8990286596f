package import EventCore

extension DeviceID {
    package static func sample(_ number: UInt64) -> DeviceID { DeviceID(high: 0, low: number) }
}

extension Event {
    /// An event that sets one field, of a record that its writer has seen to this extent.
    package static func sample(
        _ device: UInt64, _ seq: UInt64, in collection: String = "notes", record: String = "r", context: [Dot] = [], epoch: UInt64 = 0,
        isCritical: Bool = false, value: String = "1"
    ) throws -> Event {
        try Event(
            dot: Dot(device: .sample(device), seq: seq), key: RecordKey(collection: Name(collection), record: Name(record)),
            context: VersionVector(context), time: HybridTime(milliseconds: seq),
            body: .writing(set: [FieldWrite(field: Name("f"), value: FieldValue(uncheckedCanonical: Array(value.utf8)))]), epoch: epoch,
            isCritical: isCritical)
    }
}

internal import EventCore
internal import ReplicaEngine

/// A record's members in `--json`, with their stable names.
enum RecordJSON {
    /// As the fold has it: policies ignored.
    static func write(_ record: Record, to writer: inout JSONWriter) { write(DecidedRecord(record: record, conflict: nil), to: &writer) }

    static func write(_ decided: DecidedRecord, to writer: inout JSONWriter) {
        let record = decided.record
        writer.key("collection")
        writer.string(record.key.collection.utf8)
        writer.key("record")
        writer.string(record.key.record.utf8)
        writer.key("fields")
        writer.beginObject()
        for write in decided.shown {
            writer.key(write.field.utf8)
            writer.canonical(write.value)
        }
        writer.endObject()
        writer.key("conflicts")
        conflicts(decided, &writer)
        if let conflict = decided.conflict { PolicyJSON.write(conflict, to: &writer) }
        writer.key("clock")
        writer.versionVector(record.clock)
        writer.key("heads")
        writer.beginArray()
        for head in record.heads { writer.dot(head) }
        writer.endArray()
        writer.key("deleted")
        writer.boolean(decided.isDeleted)
    }

    private static func conflicts(_ decided: DecidedRecord, _ writer: inout JSONWriter) {
        writer.beginObject()
        if decided.isDeletionOpen {
            writer.key("")
            writer.beginArray()
            for tombstone in decided.record.tombstones { writer.version(Version(dot: tombstone, value: nil)) }
            writer.endArray()
        }
        for field in decided.open {
            writer.key(field.field.utf8)
            writer.beginArray()
            for entry in field.versions { writer.version(entry) }
            writer.endArray()
        }
        writer.endObject()
    }
}

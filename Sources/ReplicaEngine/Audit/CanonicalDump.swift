internal import EventCore

/// The canonical dump's line of a record: what all replicas with the same events agree on, to the byte.
///
/// Layout: Sources/README.md, "Canonical dump". Members are in canonical order: clock, collection, conflicts, deleted, fields, heads, record.
enum CanonicalDump {
    /// Appends the line and its \n.
    static func append(_ record: Record, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("clock")
        writer.versionVector(record.clock)
        writer.key("collection")
        writer.string(record.key.collection.utf8)
        writer.key("conflicts")
        appendConflicts(record, &writer)
        writer.key("deleted")
        writer.boolean(record.isDeleted)
        writer.key("fields")
        writer.beginObject()
        for write in record.shown.sorted(by: { JSONKeyOrder.areInIncreasingOrder($0.field.utf8, $1.field.utf8) }) {
            writer.key(write.field.utf8)
            writer.canonical(write.value)
        }
        writer.endObject()
        writer.key("heads")
        writer.beginArray()
        for head in record.heads { writer.dot(head) }
        writer.endArray()
        writer.key("record")
        writer.string(record.key.record.utf8)
        writer.endObject()
        writer.endLine()
    }

    private static func appendConflicts(_ record: Record, _ writer: inout JSONWriter) {
        writer.beginObject()
        if record.isDeleteAgainstEdit {
            // Field "" sorts first.
            writer.key("")
            writer.beginArray()
            for tombstone in record.tombstones { writer.version(Version(dot: tombstone, value: nil)) }
            writer.endArray()
        }
        let contested = record.fields.filter(\.isContested)
        for field in contested.sorted(by: { JSONKeyOrder.areInIncreasingOrder($0.field.utf8, $1.field.utf8) }) {
            writer.key(field.field.utf8)
            writer.beginArray()
            for version in field.versions { writer.version(version) }
            writer.endArray()
        }
        writer.endObject()
    }
}

internal import EventCore
internal import ReplicaEngine

/// A record's members in `--json`, with their stable names.
enum RecordJSON {
    static func write(_ record: Record, to writer: inout JSONWriter) {
        writer.key("collection")
        writer.string(record.key.collection.utf8)
        writer.key("record")
        writer.string(record.key.record.utf8)
        writer.key("fields")
        writer.beginObject()
        for write in record.shown {
            writer.key(write.field.utf8)
            writer.canonical(write.value)
        }
        writer.endObject()
        writer.key("conflicts")
        conflicts(record, &writer)
        writer.key("clock")
        writer.versionVector(record.clock)
        writer.key("heads")
        writer.beginArray()
        for head in record.heads { writer.dot(head) }
        writer.endArray()
        writer.key("deleted")
        writer.boolean(record.isDeleted)
    }

    private static func conflicts(_ record: Record, _ writer: inout JSONWriter) {
        writer.beginObject()
        if record.isDeleteAgainstEdit {
            writer.key("")
            writer.beginArray()
            for tombstone in record.tombstones { writer.version(Version(dot: tombstone, value: nil)) }
            writer.endArray()
        }
        for field in record.fields where field.isContested {
            writer.key(field.field.utf8)
            writer.beginArray()
            for entry in field.versions { writer.version(entry) }
            writer.endArray()
        }
        writer.endObject()
    }
}

extension Event {
    /// Reads one event from its JSON form, with white space around it or not.
    ///
    /// - Throws: a `JSONError` that names the place; `line` is the number of the first line.
    public init(json: some Sequence<UInt8>, line: Int = 1) throws(JSONError) {
        self = try Array(json).withUnsafeBufferPointer { (bytes) throws(JSONError) in try Event(json: bytes, line: line) }
    }

    /// The same from borrowed bytes. `EventParser` reads many without making new buffers for each.
    package init(json bytes: UnsafeBufferPointer<UInt8>, line: Int = 1) throws(JSONError) {
        var parser = EventParser()
        self = try parser.event(bytes, line: line)
    }

    /// The canonical form: one line without its end, nothing in it that may be left out. It is what the hash chain covers.
    public var canonicalJSON: [UInt8] {
        var writer = JSONWriter()
        writer.reserve(byteCount: 512)
        write(to: &writer)
        return writer.bytes
    }

    /// Writes the canonical form.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("collection")
        writer.string(key.collection.utf8)
        if !context.isEmpty {
            writer.key("context")
            writer.versionVector(context)
        }
        if isCritical {
            writer.key("critical")
            writer.boolean(true)
        }
        if case .delete = body {
            writer.key("delete")
            writer.boolean(true)
        }
        writer.key("device")
        writer.device(dot.device)
        if epoch != 0 {
            writer.key("epoch")
            writer.integer(epoch)
        }
        if kind != .edit {
            writer.key("kind")
            writer.string(kind.word)
        }
        if let note {
            writer.key("note")
            writer.string(note.utf8)
        }
        writer.key("record")
        writer.string(key.record.utf8)
        writer.key("seq")
        writer.integer(dot.seq)
        writeSet(to: &writer)
        if time.tick != 0 {
            writer.key("tick")
            writer.integer(time.tick)
        }
        writer.key("time")
        writer.integer(time.milliseconds)
        if let undoes {
            writer.key("undoes")
            writer.dot(undoes)
        }
        writeUnset(to: &writer)
        writer.endObject()
    }

    private func writeSet(to writer: inout JSONWriter) {
        guard case .write(let set, _) = body, !set.isEmpty else { return }
        writer.key("set")
        writer.beginObject()
        // The body has its fields in byte order, which differs only where U+E000 and above are among them.
        let isSorted = set.indices.dropLast().allSatisfy { precedes(set[$0], set[$0 + 1]) }
        for write in isSorted ? set : set.sorted(by: precedes) {
            writer.key(write.field.utf8)
            writer.canonical(write.value)
        }
        writer.endObject()
    }

    private func precedes(_ left: FieldWrite, _ right: FieldWrite) -> Bool {
        JSONKeyOrder.areInIncreasingOrder(left.field.utf8, right.field.utf8)
    }

    private func writeUnset(to writer: inout JSONWriter) {
        guard case .write(_, let unset) = body, !unset.isEmpty else { return }
        writer.key("unset")
        writer.beginArray()
        for field in unset { writer.string(field.utf8) }
        writer.endArray()
    }
}

internal import EventCore

/// A block's events as text, a line each: for people who look at bytes.
enum BlockDescription {
    static func lines(_ header: BlockHeader, _ block: UnsafeRawBufferPointer) -> [String] {
        var lines: [String] = []
        do throws(BlockError) {
            var reader = try BlockReader(header, block)
            while let row = try reader.next() { lines.append(line(row)) }
        } catch {
            lines.append("not well-formed: \(error)")
        }
        return lines
    }

    private static func line(_ row: BlockReader.Row) -> String {
        let context =
            switch row.context {
            case .whole(let vector): vector.isEmpty ? "nothing" : vector.entries.map(\.description).joined(separator: " ")
            case .heads(let heads): "heads " + heads.map(\.description).joined(separator: " ")
            }
        let body =
            switch row.body {
            case .delete: "delete"
            case .write(let set, let unset):
                (set.map { "\(escaped($0.field.utf8))=\(escaped($0.value.canonical))" } + unset.map { "unset \(escaped($0.utf8))" })
                    .joined(separator: " ")
            }
        let time = "\(row.time.milliseconds)" + (row.time.tick == 0 ? "" : "+\(row.time.tick)")
        let flags = (row.isCritical ? " critical" : "") + (row.epoch == 0 ? "" : " epoch \(row.epoch)")
        let undoes = row.undoes.map { " undoes \($0)" } ?? ""
        let note = row.note.map { " note \(escaped($0.utf8))" } ?? ""
        return "\(row.dot) \(time) \(row.kind.word) \(escaped(row.key.collection.utf8))/\(escaped(row.key.record.utf8)) after \(context): "
            + body + flags + undoes + note
    }

    /// The text as a JSON string writes it, so that no byte of it steers a terminal.
    private static func escaped(_ utf8: [UInt8]) -> String {
        var writer = JSONWriter()
        writer.string(utf8)
        return String(decoding: writer.bytes.dropFirst().dropLast(), as: UTF8.self)
    }
}

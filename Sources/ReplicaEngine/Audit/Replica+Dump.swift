internal import Crypto
internal import EventCore

extension Replica {
    /// Hands over the canonical dump in pieces that end with a line: a line per record that has an applied event, sorted by key.
    ///
    /// - Parameter progress: called with each piece, and now and then while nothing comes: how many records are done.
    package func canonicalDump(progress: (_ records: Int) -> Void = { _ in }, _ write: ([UInt8]) throws -> Void) throws {
        var (writer, count) = (JSONWriter(), 0)
        func added() throws {
            count += 1
            guard writer.bytes.count >= Self.pieceBytes else { return }
            try write(writer.bytes)
            writer.removeAll()
            progress(count)
        }
        var texts: RecordTexts?
        try records(in: nil, times: [:], looking: { _, _ in progress(count) }) { place in
            if texts == nil { texts = RecordTexts(table) }
            guard let line = texts?.line(at: place, of: table) else { return false }
            writer.raw(line)
            try added()
            return true
        } _: { record in
            CanonicalDump.append(record, to: &writer)
            try added()
            return true
        }
        if !writer.bytes.isEmpty { try write(writer.bytes) }
    }

    /// SHA-256 of the canonical dump: two stores with the same events have the same one. 32 bytes.
    ///
    /// - Parameter progress: called again and again: how many records are done.
    package func stateDigest(progress: (_ records: Int) -> Void = { _ in }) throws -> [UInt8] {
        var hash = SHA256()
        try canonicalDump(progress: progress) { hash.update(data: $0) }
        return Array(hash.finalize())
    }

    private static var pieceBytes: Int { 1 << 18 }
}

internal import Crypto
internal import EventCore

extension Replica {
    /// Hands over the canonical dump in pieces that end with a line: a line per record that has an applied event, sorted by key.
    package func canonicalDump(_ write: ([UInt8]) throws -> Void) throws {
        var writer = JSONWriter()
        try records(in: nil, times: [:]) { record in
            CanonicalDump.append(record, to: &writer)
            if writer.bytes.count >= Self.pieceBytes {
                try write(writer.bytes)
                writer.removeAll()
            }
            return true
        }
        if !writer.bytes.isEmpty { try write(writer.bytes) }
    }

    /// SHA-256 of the canonical dump: two stores with the same events have the same one. 32 bytes.
    package func stateDigest() throws -> [UInt8] {
        var hash = SHA256()
        try canonicalDump { hash.update(data: $0) }
        return Array(hash.finalize())
    }

    private static var pieceBytes: Int { 1 << 18 }
}

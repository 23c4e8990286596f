internal import Crypto
internal import EventCore
internal import LogStore

extension Replica {
    /// Hands over the canonical dump in pieces that end with a line: a line per record that has an applied event, sorted by key. It is written on all cores.
    ///
    /// - Parameter progress: called with each piece, and now and then while nothing comes: how many records are done.
    package func canonicalDump(
        progress: (_ records: Int) -> Void = { _ in }, _ write: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let first = try firstLines()
        if first.count > 0 { try first.lines.withBytes(write) }
        guard first.count < recordCount else { return }
        try checkTable()
        let times = try timesOfAllContested { _ in progress(first.count) }
        let places = CheckedPlaces(orderedPlaces(in: nil), in: nil, of: table).all(in: table).dropFirst(first.count)
        let lines = RecordLines(self, Array(places), times)
        var done = first.count
        try Cores.inOrder(lines.pieceCount, making: lines.piece) { (piece: RecordLines<Storage>.Piece) in
            var piece = piece
            while true {
                done += piece.recordCount
                try piece.lines.withBytes(write)
                progress(done)
                if let failure = piece.failure { throw failure }
                guard let rest = piece.rest else { return }
                piece = lines.lines(of: rest)
            }
        }
    }

    /// SHA-256 of the canonical dump: two stores with the same events have the same one. 32 bytes. Always made of the records.
    ///
    /// - Parameter progress: called again and again: how many records are done.
    package func stateDigest(progress: (_ records: Int) -> Void = { _ in }) throws -> [UInt8] {
        var hash = SHA256()
        try canonicalDump(progress: progress) { hash.update(bufferPointer: $0) }
        return Array(hash.finalize())
    }

    /// The lines of the first records, before a large checkpoint has been checked as a whole: who wants a screenful has it at once. None where all has been checked.
    private func firstLines() throws -> (lines: LineBuffer, count: Int) {
        var (lines, count) = (LineBuffer(), 0)
        guard !table.isChecked else { return (lines, 0) }
        try records(in: nil) { record in
            RecordLines<Storage>.append(record, to: &lines)
            count += 1
            return count < Self.firstLineCount
        }
        return (lines, count)
    }

    private static var firstLineCount: Int { 500 }
}

internal import EventCore
internal import LogStore

/// Makes lines of the canonical dump on several threads at once, while nobody writes to the store. What a thread asks of the store here is a look at its table and nothing else.
final class RecordLines<Storage: Volume>: @unchecked Sendable {
    /// Lines of records that follow each other.
    struct Piece {
        let lines: LineBuffer
        let recordCount: Int
        /// The records behind them, where their lines take more than a piece should have.
        let rest: Range<Int>?
        /// Why there are no lines behind these.
        let failure: ReplicaError?
    }

    private let replica: Replica<Storage>
    private let places: [RecordTable.Place]
    private let times: [Dot: HybridTime]
    private let texts: RecordTexts

    private static var recordsOfPiece: Int { 256 }
    /// Records may be large.
    private static var bytesOfPiece: Int { 1 << 18 }

    /// - Parameter times: of all contested entries.
    init(_ replica: Replica<Storage>, _ places: [RecordTable.Place], _ times: [Dot: HybridTime]) {
        (self.replica, self.places, self.times) = (replica, places, times)
        texts = RecordTexts(replica.table)
    }

    var pieceCount: Int { (places.count + Self.recordsOfPiece - 1) / Self.recordsOfPiece }

    @Sendable func piece(_ number: Int) -> Piece {
        lines(of: number * Self.recordsOfPiece..<min((number + 1) * Self.recordsOfPiece, places.count))
    }

    func lines(of range: Range<Int>) -> Piece { lines(of: range, replica.table) }

    private func lines(of range: Range<Int>, _ table: borrowing RecordTable) -> Piece {
        var lines = LineBuffer()
        for index in range {
            if lines.byteCount >= Self.bytesOfPiece {
                return Piece(lines: lines, recordCount: index - range.lowerBound, rest: index..<range.upperBound, failure: nil)
            }
            table.prefetchRecord(at: places[min(index + Self.placesAhead, range.upperBound - 1)])
            guard !texts.append(places[index], of: table, to: &lines) else { continue }
            do throws(BlockError) {
                let record = try table.record(at: places[index])
                Self.append(record.with(times: times), to: &lines)
            } catch {
                let failure = ReplicaError.malformedBlock(at: Position(UInt64(table.eventCount)))
                return Piece(lines: lines, recordCount: index - range.lowerBound, rest: nil, failure: failure)
            }
        }
        return Piece(lines: lines, recordCount: range.count, rest: nil, failure: nil)
    }

    static func append(_ record: Record, to lines: inout LineBuffer) {
        var writer = JSONWriter()
        CanonicalDump.append(record, to: &writer)
        lines.append(writer.bytes)
    }

    /// The memory of the record that comes so much later is asked for.
    private static var placesAhead: Int { 8 }
}

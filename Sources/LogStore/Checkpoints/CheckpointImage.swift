internal import EventCore
internal import Synchronization

/// A checkpoint whose header and checksums have been read; its sections are mapped where somebody wants them, and checked when they are touched.
///
/// It belongs to one task. The file stays open, and stays what it is when it is replaced or removed.
package final class CheckpointImage<Storage: Volume>: StoredSections {
    /// The end of the log at which it was taken.
    package let end: SealedEnd
    let header: CheckpointHeader
    private let file: OpenFile<Storage>
    /// The checksums of all sections' pieces, in order.
    private let checksums: [UInt32]
    /// Which of them have been found right.
    private var isRight: [Bool]
    /// The number of each section's first piece.
    private let firstPieces: [Int]

    /// Reads the header and the table of checksums, four bytes for each 64 KiB; checks both and nothing else.
    init(_ path: String, on volume: Storage) throws(CheckpointProblem) {
        let table: [UInt8]
        do throws(VolumeError) {
            file = try OpenFile(path, .reading, on: volume)
        } catch { throw .unreadable(error) }
        let (fileBytes, page): (Int, [UInt8])
        do throws(VolumeError) {
            fileBytes = try file.sizeBytes
            page = try file.read(at: 0, count: CheckpointHeader.sizeBytes)
        } catch { throw .unreadable(error) }
        header = try CheckpointHeader(reading: page, fileBytes: fileBytes)
        end = header.end
        do throws(VolumeError) {
            table = try file.read(at: header.tableOffset, count: header.tableBytes)
        } catch { throw .unreadable(error) }
        guard table.count == header.tableBytes, Checksum.of(table) == header.tableChecksum else {
            throw .damaged(offset: header.tableOffset)
        }
        checksums = (0..<(table.count / 4)).map { table.number(at: $0 * 4) }
        isRight = [Bool](repeating: false, count: checksums.count)
        var first = 0
        firstPieces = header.sections.map { section in
            defer { first += section.pieceCount }
            return first
        }
    }

    package var sizesBytes: [Int] { header.sections.map(\.sizeBytes) }

    package func bytes(of section: Int) -> [UInt8]? {
        let place = header.sections[section]
        guard var bytes = try? file.read(at: place.offset, count: place.paddedBytes), bytes.count == place.paddedBytes else { return nil }
        let isRight = bytes.withUnsafeBytes { bytes in
            (0..<place.pieceCount).allSatisfy { piece in bytes.baseAddress.map { isPieceRight(piece, of: section, at: $0) } ?? true }
        }
        bytes.removeLast(place.paddedBytes - place.sizeBytes)
        return isRight ? bytes : nil
    }

    package func place(_ section: Int, in memory: UnsafeMutableRawBufferPointer) -> Bool {
        precondition(memory.count == header.sections[section].paddedBytes)
        return (try? file.volume.map(file.file, at: header.sections[section].offset, onto: memory)) != nil
    }

    package func isWhole(_ section: Int, _ offsets: Range<Int>, at base: UnsafeRawPointer) -> Bool {
        let end = min(offsets.upperBound, header.sections[section].paddedBytes)
        guard offsets.lowerBound < end else { return true }
        for piece in offsets.lowerBound / CheckpointHeader.pieceBytes...(end - 1) / CheckpointHeader.pieceBytes
        where !isRight[firstPieces[section] + piece] {
            guard isPieceRight(piece, of: section, at: base) else { return false }
            isRight[firstPieces[section] + piece] = true
        }
        return true
    }

    package func areWhole(_ placed: [(section: Int, base: UnsafeRawPointer)]) -> Bool {
        var pieces: [Piece] = []
        for (section, base) in placed {
            for piece in 0..<header.sections[section].pieceCount where !isRight[firstPieces[section] + piece] {
                pieces.append(self.piece(piece, of: section, at: base))
            }
        }
        let isDamaged = Atomic(false)
        Cores.forEach(pieces.count) { [pieces] number in
            if !pieces[number].isRight { isDamaged.store(true, ordering: .relaxed) }
        }
        return !isDamaged.load(ordering: .relaxed)
    }

    private func isPieceRight(_ piece: Int, of section: Int, at base: UnsafeRawPointer) -> Bool {
        self.piece(piece, of: section, at: base).isRight
    }

    private func piece(_ piece: Int, of section: Int, at base: UnsafeRawPointer) -> Piece {
        let start = piece * CheckpointHeader.pieceBytes
        let count = min(CheckpointHeader.pieceBytes, header.sections[section].paddedBytes - start)
        return Piece(bytes: UnsafeRawBufferPointer(start: base + start, count: count), checksum: checksums[firstPieces[section] + piece])
    }
}

/// A piece of a section in memory that nobody writes to meanwhile, and what its checksum must be.
private struct Piece: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer
    let checksum: UInt32

    var isRight: Bool {
        var found = Checksum()
        found.add(bytes)
        return found.value == checksum
    }
}

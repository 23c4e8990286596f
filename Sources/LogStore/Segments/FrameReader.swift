internal import EventCore

/// One step through the frames of a segment.
enum Frame {
    /// A block whose checksum is right. The bytes are header and payload; they hold until the next step.
    case block(BlockHeader, UnsafeRawBufferPointer)
    case mark(CommitMark)
    /// The limit was reached exactly at the end of a frame.
    case end
    /// What begins here is no frame.
    case damaged(FrameDamage)
}

/// Why bytes are no frame.
enum FrameDamage: Hashable, Sendable {
    /// The bytes end inside it.
    case cutOff
    case checksumMismatch
    /// The bytes are those that were written, by a program that knows more.
    case newerFormat
    /// The bytes are those that were written, by a program that is wrong.
    case malformed
}

/// Walks the frames of one file, in large reads into one buffer, checking each block's checksum once.
final class FrameReader<Storage: Volume> {
    /// Zero bytes behind each block handed out, for a decoder that reads ahead.
    static var paddingBytes: Int { 64 }
    /// Holds every block.
    private static var bufferBytes: Int { 2 * 1024 * 1024 }
    /// What is read at once stays in a core's cache until its frames have been looked at.
    private static var readBytes: Int { 256 * 1024 }

    /// Where the next frame begins in the file.
    private(set) var offset: Int
    private let file: OpenFile<Storage>
    private let buffer: UnsafeMutableRawBufferPointer
    /// The file is read up to here.
    private var limit: Int
    /// What of the buffer has been read and not handed out.
    private var unread: Range<Int> = 0..<0
    /// The bytes that the padding behind the block last handed out took the place of.
    private var covered: (at: Int, bytes: InlineArray<64, UInt8>)?

    /// Reads frames from `offset` on; `limit` is the file's size or where its frames are known to end.
    init(_ file: OpenFile<Storage>, from offset: Int, to limit: Int) {
        self.file = file
        self.offset = offset
        self.limit = max(limit, offset)
        let capacity = min(Self.bufferBytes, self.limit - offset) + Self.paddingBytes
        buffer = .allocate(byteCount: capacity, alignment: 64)
    }

    deinit { buffer.deallocate() }

    /// The frame at `offset`. After damage the reader stays where it is.
    func next() throws(VolumeError) -> Frame {
        uncover()
        try fill(CommitMark.sizeBytes)
        guard !unread.isEmpty else { return .end }
        guard unread.count >= 4 else { return .damaged(.cutOff) }
        let length: UInt32 = UnsafeRawBufferPointer(buffer).number(at: unread.lowerBound)
        if length == CommitMark.magic { return mark() }
        guard length <= UInt32(BlockHeader.payloadLimitBytes) else { return .damaged(.checksumMismatch) }
        try fill(BlockHeader.sizeBytes + Int(length))
        return block()
    }

    private func mark() -> Frame {
        guard unread.count >= CommitMark.sizeBytes else { return .damaged(.cutOff) }
        guard let mark = CommitMark(reading: UnsafeRawBufferPointer(rebasing: buffer[unread])) else {
            return .damaged(.checksumMismatch)
        }
        advance(CommitMark.sizeBytes)
        return .mark(mark)
    }

    private func block() -> Frame {
        let header: BlockHeader
        do throws(BlockError) {
            header = try BlockHeader(checking: UnsafeRawBufferPointer(rebasing: buffer[unread]))
        } catch {
            return .damaged(FrameDamage(error))
        }
        let start = unread.lowerBound
        advance(header.blockBytes)
        cover(start + header.blockBytes)
        return .block(header, UnsafeRawBufferPointer(rebasing: buffer[start..<(start + header.blockBytes)]))
    }

    private func advance(_ count: Int) {
        unread = (unread.lowerBound + count)..<unread.upperBound
        offset += count
    }

    /// Sees to it that `count` bytes are unread, unless the file ends before.
    private func fill(_ count: Int) throws(VolumeError) {
        guard unread.count < count else { return }
        let wanted = min(limit - offset, buffer.count - Self.paddingBytes, max(count, Self.readBytes)) - unread.count
        guard wanted > 0 else { return }
        if unread.lowerBound > 0, let base = buffer.baseAddress {
            base.copyMemory(from: base + unread.lowerBound, byteCount: unread.count)
            unread = 0..<unread.count
        }
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer[unread.upperBound..<(unread.upperBound + wanted)])
        let read = try file.volume.readWhole(file.file, at: offset + unread.count, into: room)
        unread = 0..<(unread.count + read)
        if read < wanted { limit = offset + unread.count }
    }

    /// Puts the padding behind a block, keeping what was there.
    private func cover(_ start: Int) {
        var bytes = InlineArray<64, UInt8>(repeating: 0)
        for index in 0..<Self.paddingBytes {
            bytes[index] = buffer[start + index]
            buffer[start + index] = 0
        }
        covered = (start, bytes)
    }

    private func uncover() {
        guard let (start, bytes) = covered else { return }
        for index in 0..<Self.paddingBytes { buffer[start + index] = bytes[index] }
        covered = nil
    }
}

extension FrameDamage {
    init(_ error: BlockError) {
        self =
            switch error {
            case .cutOff: .cutOff
            case .checksumMismatch: .checksumMismatch
            case .newerFormat: .newerFormat
            case .malformed: .malformed
            }
    }
}

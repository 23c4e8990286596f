internal import CZlib

/// gzip through zlib, piece by piece: members one behind the other are one text.
final class Inflater {
    /// What is wrong with compressed bytes.
    enum Failure: Error {
        case truncated
        case damaged
    }

    /// zlib remembers where its stream lies, so that has an address of its own.
    private let stream: UnsafeMutablePointer<z_stream>
    private var source: [UInt8] = []
    private var position = 0
    private var isSourceAtEnd = false
    private var isInsideMember = false

    /// No piece is longer.
    private static let pieceBytes = 1 << 18

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = inflateInit2_(stream, Gzip.window, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib has memory")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// The next inflated bytes; none at the end.
    ///
    /// - Parameter more: gives further compressed bytes, none at their end.
    /// - Throws: `Failure.truncated` when those end inside a member, `.damaged` when they are not gzip or a checksum does not match; what `more` throws.
    func next(_ more: () throws -> [UInt8]) throws -> [UInt8] {
        while true {
            if position == source.count && !isSourceAtEnd {
                source = try more()
                position = 0
                isSourceAtEnd = source.isEmpty
            }
            if isSourceAtEnd && !isInsideMember { return [] }
            let (piece, status) = inflatePiece()
            switch status {
            case Z_OK: isInsideMember = true
            case Z_STREAM_END:
                isInsideMember = false
                inflateReset(stream)
            // Nothing to read is what that means, since there is room to write.
            case Z_BUF_ERROR: if isSourceAtEnd { throw Failure.truncated }
            default: throw Failure.damaged
            }
            if !piece.isEmpty { return piece }
        }
    }

    private func inflatePiece() -> ([UInt8], Int32) {
        var status = Z_OK
        let piece = [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { target, count in
            source.withUnsafeBufferPointer { source in
                // zlib only reads what it takes in.
                stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress.map { $0 + position })
                stream.pointee.avail_in = UInt32(source.count - position)
                stream.pointee.next_out = target.baseAddress
                stream.pointee.avail_out = UInt32(target.count)
                status = inflate(stream, Z_NO_FLUSH)
                position = source.count - Int(stream.pointee.avail_in)
                count = target.count - Int(stream.pointee.avail_out)
            }
        }
        return (piece, status)
    }
}

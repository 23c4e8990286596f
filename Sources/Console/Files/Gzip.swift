internal import CZlib

/// gzip in memory, through zlib: whole files in, members out.
enum Gzip {
    /// Whether the bytes begin as a gzip member does.
    static func isGzip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

    /// What is wrong with compressed bytes.
    enum Failure: Error {
        case truncated
        case damaged
    }

    /// Inflates all members, one behind the other, in time proportional to the bytes.
    ///
    /// - Throws: `.truncated` when the bytes end inside a member, `.damaged` when they are not gzip or a checksum does not match.
    static func inflate(_ bytes: [UInt8]) throws(Failure) -> [UInt8] {
        // zlib remembers where its stream lies, so that has an address of its own.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        guard inflateInit2_(stream, gzipWindow, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { throw .damaged }
        defer { inflateEnd(stream) }
        var result: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: pieceBytes)
        var position = 0
        while true {
            let status = inflatePiece(bytes, &position, into: &piece, stream)
            result += piece[..<(piece.count - Int(stream.pointee.avail_out))]
            switch status {
            case Z_OK: continue
            case Z_STREAM_END where position == bytes.count: return result
            case Z_STREAM_END: inflateReset(stream)
            case Z_BUF_ERROR: throw .truncated
            default: throw .damaged
            }
        }
    }

    /// One call of zlib: takes bytes from `position` on, which moves, and fills `piece` but for `avail_out` bytes.
    private static func inflatePiece(
        _ bytes: [UInt8], _ position: inout Int, into piece: inout [UInt8], _ stream: UnsafeMutablePointer<z_stream>
    ) -> Int32 {
        bytes.withUnsafeBufferPointer { source in
            piece.withUnsafeMutableBufferPointer { target in
                // zlib only reads what it takes in. It counts with 32 bits.
                stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress.map { $0 + position })
                let offered = UInt32(min(source.count - position, 1 << 30))
                stream.pointee.avail_in = offered
                stream.pointee.next_out = target.baseAddress
                stream.pointee.avail_out = UInt32(target.count)
                let status = CZlib.inflate(stream, Z_NO_FLUSH)
                position += Int(offered - stream.pointee.avail_in)
                return status
            }
        }
    }

    /// One gzip member with these bytes, fewer than 2^31, without name and time: the same bytes give the same member.
    static func deflate(_ bytes: [UInt8]) -> [UInt8] {
        precondition(bytes.count < 1 << 31)
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        let status = deflateInit2_(
            stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzipWindow, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib has memory")
        defer { deflateEnd(stream) }
        var result = [UInt8](repeating: 0, count: Int(deflateBound(stream, UInt(bytes.count))))
        bytes.withUnsafeBufferPointer { source in
            result.withUnsafeMutableBufferPointer { target in
                stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                stream.pointee.avail_in = UInt32(source.count)
                stream.pointee.next_out = target.baseAddress
                stream.pointee.avail_out = UInt32(target.count)
                let end = CZlib.deflate(stream, Z_FINISH)
                precondition(end == Z_STREAM_END, "the bound is enough")
            }
        }
        result.removeLast(Int(stream.pointee.avail_out))
        return result
    }

    private static let pieceBytes = 1 << 18
    /// 16 asks for a gzip header and its checksum.
    private static let gzipWindow: Int32 = MAX_WBITS + 16
}

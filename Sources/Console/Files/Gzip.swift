internal import CZlib

/// The gzip format, through zlib.
enum Gzip {
    /// 16 asks for a gzip header and its checksum.
    static let window: Int32 = MAX_WBITS + 16

    /// Whether the bytes begin as a gzip member does.
    static func isGzip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

    /// One gzip member with these bytes, fewer than 2^31, without name and time: the same bytes give the same member.
    static func deflate(_ bytes: [UInt8]) -> [UInt8] {
        precondition(bytes.count < 1 << 31)
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        let status = deflateInit2_(
            stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
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
}

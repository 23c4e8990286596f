internal import CZlib

/// gzip in memory, through zlib: whole files in, whole files out.
enum Gzip {
    /// Whether the bytes begin as a gzip member does.
    static func isGzip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

    /// What is wrong with compressed bytes.
    enum Failure: Error {
        case truncated
        case damaged
    }

    /// Inflates all members, one behind the other.
    ///
    /// - Throws: `.truncated` when the bytes end inside a member, `.damaged` when they are not gzip or a checksum does not match.
    static func inflate(_ bytes: [UInt8]) throws(Failure) -> [UInt8] {
        var result: [UInt8] = []
        var start = 0
        while start < bytes.count {
            start += try inflateMember(bytes[start...], into: &result)
        }
        return result
    }

    /// The number of compressed bytes that the member had.
    private static func inflateMember(_ bytes: ArraySlice<UInt8>, into result: inout [UInt8]) throws(Failure) -> Int {
        var stream = z_stream()
        // 16 asks for a gzip header and its checksum.
        guard inflateInit2_(&stream, MAX_WBITS + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { throw .damaged }
        defer { inflateEnd(&stream) }
        var input = Array(bytes)
        var output = [UInt8](repeating: 0, count: pieceBytes)
        let status = input.withUnsafeMutableBufferPointer { source -> Int32 in
            var status = Z_OK
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(source.count)
            while status == Z_OK {
                output.withUnsafeMutableBufferPointer { target in
                    stream.next_out = target.baseAddress
                    stream.avail_out = UInt32(target.count)
                    status = CZlib.inflate(&stream, Z_NO_FLUSH)
                }
                result += output[..<(output.count - Int(stream.avail_out))]
            }
            return status
        }
        switch status {
        case Z_STREAM_END: return input.count - Int(stream.avail_in)
        case Z_BUF_ERROR: throw .truncated
        default: throw .damaged
        }
    }

    /// One gzip member with these bytes, without name and time: the same bytes give the same file.
    static func deflate(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        let status = deflateInit2_(
            &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib has memory")
        defer { deflateEnd(&stream) }
        var input = bytes
        var result = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
        input.withUnsafeMutableBufferPointer { source in
            result.withUnsafeMutableBufferPointer { target in
                stream.next_in = source.baseAddress
                stream.avail_in = UInt32(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(target.count)
                let end = CZlib.deflate(&stream, Z_FINISH)
                precondition(end == Z_STREAM_END, "the bound is enough")
            }
        }
        result.removeLast(Int(stream.avail_out))
        return result
    }

    private static let pieceBytes = 1 << 18
}

internal import Simulation

// What a fuzzer calls: one C function a target. They trap when a promise is broken; that is how a fuzzer learns of it.

/// An event's JSON line.
@_cdecl("syncline_fuzz_event")
public func fuzzEvent(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    fuzzEventJSON(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}

/// A block's payload under a right checksum.
@_cdecl("syncline_fuzz_block")
public func fuzzBlock(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    fuzzBlockPayload(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}

/// A segment file, the only one of its log.
@_cdecl("syncline_fuzz_segment")
public func fuzzSegment(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    fuzzSegmentFile(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}

/// A checkpoint file.
@_cdecl("syncline_fuzz_checkpoint")
public func fuzzCheckpoint(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    fuzzCheckpointFile(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}

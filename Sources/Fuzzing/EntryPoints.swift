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

/// The body of a push, in any of its forms.
@_cdecl("syncline_fuzz_push")
public func fuzzPush(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    fuzzPushBody(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}

/// Messages of a socket, one a line.
@_cdecl("syncline_fuzz_messages")
public func fuzzSocketMessages(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    fuzzMessages(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}

/// A cursor, a token, a code, an id, or the body of somebody who enrols or signs in.
@_cdecl("syncline_fuzz_words")
public func fuzzSmallWords(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    fuzzWords(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}

/// A line at the prompt, and what the store knows that may complete it.
@_cdecl("syncline_fuzz_line")
public func fuzzPromptLine(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    fuzzLine(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}

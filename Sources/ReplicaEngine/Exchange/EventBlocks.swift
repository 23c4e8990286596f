package import EventCore
internal import LogStore

/// Events as blocks that need no log around them: how they travel. Each carries its names, and every context whole.
///
/// They are blocks as the log keeps events aside in (`BlockHeader.Kind.waiting`), one behind the other.
package enum EventBlocks {
    package static func bytes(of events: some Sequence<Event>) -> [UInt8] {
        var packer = BlockPacker(kind: .waiting)
        for event in events { packer.append(event, context: .whole(event.context)) }
        return packer.finish().flatMap(\.bytes)
    }

    /// The events of blocks from elsewhere, everything checked.
    ///
    /// - Throws: `BlockError`; `.malformed` also where a context is not whole or an event too large.
    package static func events(in bytes: some Collection<UInt8>, limit: Int) throws(BlockError) -> [Event] {
        let bytes = Array(bytes)
        var events: [Event] = []
        var offset = 0
        while offset < bytes.count && events.count <= limit {
            let start = offset
            let result = bytes.withUnsafeBytes { bytes -> Result<Int, BlockError> in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
                do throws(BlockError) { return .success(try read(rest, into: &events)) } catch { return .failure(error) }
            }
            offset += try result.get()
        }
        return events
    }

    /// Whether the values are what they claim to be: a block's reader believes them.
    private static func isCanonical(_ body: EventBody) -> Bool {
        guard case .write(let set, _) = body else { return true }
        return set.allSatisfy { $0.value.canonical.withUnsafeBufferPointer { FieldValue.isCanonical($0) } }
    }

    /// Reads the block at the start of `bytes`; returns its length.
    private static func read(_ bytes: UnsafeRawBufferPointer, into events: inout [Event]) throws(BlockError) -> Int {
        let header = try BlockHeader(checking: bytes)
        guard header.kind == .waiting else { throw .malformed(offset: 8) }
        var reader = try BlockReader(header, bytes)
        while let row = try reader.next() {
            guard case .whole(let context) = row.context else { throw .malformed(offset: 0) }
            let event: Event
            do throws(EventError) { event = try row.event(context: context) } catch { throw .malformed(offset: 0) }
            guard isCanonical(event.body), event.canonicalJSON.count <= Limits.eventBytes else { throw .malformed(offset: 0) }
            events.append(event)
        }
        return header.blockBytes
    }
}

/// A block in memory of its own that can be read again and again from its beginning: what is packed in it is expanded once.
package final class OpenBlock {
    private let memory: UnsafeMutableRawBufferPointer
    /// Before its first event. What it has expanded its copies share.
    private let reader: BlockReader

    /// Copies a block whose checksum `header` has checked.
    package init(_ header: BlockHeader, copying block: UnsafeRawBufferPointer) throws(BlockError) {
        // A decoder may read ahead.
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: block.count + PackedSections.slackBytes, alignment: 64)
        memory.copyMemory(from: block)
        memory[block.count...].initializeMemory(as: UInt8.self, repeating: 0)
        do throws(BlockError) {
            reader = try BlockReader(header, UnsafeRawBufferPointer(rebasing: memory[..<block.count]))
        } catch {
            memory.deallocate()
            throw error
        }
        self.memory = memory
    }

    deinit { memory.deallocate() }

    /// Hands over a reader before the first event, which is not used afterwards.
    package func read<Value>(_ body: (inout BlockReader) throws(BlockError) -> Value) throws(BlockError) -> Value {
        var copy = reader
        defer { extendLifetime(self) }
        return try body(&copy)
    }
}

internal import EventCore

/// Reads arbitrary bytes as an event and as a value: each is refused with an error inside the bytes, or comes back from its canonical form.
///
/// Traps when that does not hold; that is how a fuzzer learns of it.
package func fuzzEventJSON(_ bytes: UnsafeRawBufferPointer) {
    bytes.withMemoryRebound(to: UInt8.self) { bytes in
        checkEvent(bytes)
        checkValue(bytes)
    }
}

private func checkEvent(_ bytes: UnsafeBufferPointer<UInt8>) {
    do throws(JSONError) {
        let event = try Event(json: bytes)
        let canonical = event.canonicalJSON
        precondition(canonical.count <= Limits.eventBytes)
        do throws(JSONError) {
            let again = try Event(json: canonical)
            precondition(again == event)
            precondition(again.canonicalJSON == canonical)
        } catch { preconditionFailure("a canonical event is refused: \(error)") }
    } catch { checkPlace(of: error, in: bytes) }
}

private func checkValue(_ bytes: UnsafeBufferPointer<UInt8>) {
    do throws(JSONError) {
        let value = try FieldValue(json: bytes)
        precondition(value.canonical.withUnsafeBufferPointer { FieldValue.isCanonical($0) })
        do throws(JSONError) {
            let again = try FieldValue(json: value.canonical)
            precondition(again == value)
            let tree = try JSONValue(value)
            precondition(tree.canonical == value)
        } catch { preconditionFailure("a canonical value is refused: \(error)") }
    } catch { checkPlace(of: error, in: bytes) }
}

private func checkPlace(of error: JSONError, in bytes: UnsafeBufferPointer<UInt8>) {
    precondition(error.offset >= 0 && error.offset <= bytes.count)
    precondition(error.line >= 1 && error.column >= 1 && error.column <= error.offset + 1)
}

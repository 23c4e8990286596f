import Foundation
import Simulation
import Testing

/// The inputs that fuzzing kept, those that once broke a promise among them: a machine without a fuzzer tries them too.
struct CorpusTests {
    @Test func `no kept event breaks a promise`() throws { try decode("event", fuzzEventJSON) }

    @Test func `no kept block breaks a promise`() throws { try decode("block", fuzzBlockPayload) }

    @Test func `no kept body of a push breaks a promise`() throws { try decode("push", fuzzPushBody) }

    @Test func `no kept message of a socket breaks a promise`() throws { try decode("messages", fuzzMessages) }

    @Test func `no kept word of a call breaks a promise`() throws { try decode("words", fuzzWords) }

    @Test func `no kept line of a prompt breaks a promise`() throws { try decode("line", fuzzLine) }

    /// A broken promise traps, as a fuzzer wants it.
    private func decode(_ target: String, _ decoder: (UnsafeRawBufferPointer) -> Void) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(
            path: "Data/corpus/\(target)")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        for file in files { try Data(contentsOf: file).withUnsafeBytes(decoder) }
    }
}

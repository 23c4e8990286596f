import EventCore
import EventSamples
import SyncCore
import Testing

struct DeviceSignatureTests {
    private static let workspace = WorkspaceID(bytes: [UInt8](repeating: 7, count: 16))
    private static let key = [UInt8](repeating: 5, count: 32)

    /// What a device signs of its chain up to `seq`. A signature of tests is shorter than one of Ed25519.
    private static func signature(
        of device: UInt64 = 1, _ seq: Int, value: String = "1", key: [UInt8] = key, in other: WorkspaceID? = nil, bytes: Int = 32
    ) throws -> DeviceSignature {
        let events = try (1...UInt64(seq)).map { try Event.sample(device, $0, value: value) }
        let head = TestCryptography.chain(of: .sample(device), events)[seq]
        let signed = TestCryptography.sign(head.signedBytes(workspace: (other ?? workspace).bytes), with: key)
        return DeviceSignature(head: head, signature: signed + [UInt8](repeating: 0, count: bytes - signed.count), publicKey: Self.key)
    }

    @Test func `the text gives them back`() throws {
        let signatures = DeviceSignatures(
            workspace: Self.workspace, [try Self.signature(of: 2, 1, bytes: 64), try Self.signature(3, bytes: 64)])
        #expect(signatures.all.map(\.device) == [.sample(1), .sample(2)])
        #expect(DeviceSignatures(json: signatures.json) == signatures)
        #expect(DeviceSignatures(json: DeviceSignatures(workspace: Self.workspace).json) == DeviceSignatures(workspace: Self.workspace))
    }

    @Test func `any other text is none`() throws {
        let text = DeviceSignatures(workspace: Self.workspace, [try Self.signature(3, bytes: 64)]).json
        let lines = text.split(separator: 0x0A).map { Array($0) }
        for other in [[], lines[1], lines[0] + [0x0A, 0x7B], text + lines[1], Array("{\"workspaceId\":\"00\"}".utf8)] {
            #expect(DeviceSignatures(json: other) == nil)
        }
        for (word, replacement) in [("\"seq\":3", "\"seq\":\"3\""), ("\"key\":\"05", "\"key\":\""), ("\"hash\":\"", "\"hash\":\"0")] {
            let changed = String(decoding: text, as: UTF8.self).replacing(word, with: replacement)
            #expect(changed.utf8.count != text.count)
            #expect(DeviceSignatures(json: Array(changed.utf8)) == nil)
        }
    }

    private static func hear(_ heard: DeviceSignature, known: UInt64, after: [DeviceSignature] = []) -> [DeviceSignature] {
        var signatures = DeviceSignatures(workspace: workspace, after)
        signatures.hear([heard], known: VersionVector([Dot(device: .sample(1), seq: known)]), by: TestCryptography.self)
        return signatures.all
    }

    @Test func `a right one of events that are here is kept, the newest that comes`() throws {
        let (first, second) = (try Self.signature(1), try Self.signature(2))
        #expect(Self.hear(first, known: 2) == [first])
        #expect(Self.hear(second, known: 2, after: [first]) == [second])
        // A hub that was put back says less.
        #expect(Self.hear(first, known: 2, after: [second]) == [second])
    }

    @Test func `one that was changed here is heard anew`() throws {
        let right = try Self.signature(2)
        let changed = DeviceSignature(head: right.head, signature: [UInt8](repeating: 1, count: 32), publicKey: Self.key)
        #expect(Self.hear(right, known: 2, after: [changed]) == [right])
    }

    @Test func `of events that are not here yet it waits`() throws {
        let (first, second) = (try Self.signature(1), try Self.signature(2))
        #expect(Self.hear(second, known: 1, after: [first]) == [first])
    }

    @Test func `another key's and another workspace's change nothing`() throws {
        let first = try Self.signature(1)
        let strangers = [
            try Self.signature(2, key: [UInt8](repeating: 6, count: 32)),
            try Self.signature(2, in: WorkspaceID(bytes: [UInt8](repeating: 8, count: 16))),
        ]
        for stranger in strangers { #expect(Self.hear(stranger, known: 2, after: [first]) == [first]) }
    }

    @Test func `what it says of a store`() throws {
        let signatures = DeviceSignatures(workspace: Self.workspace)
        let signed = try Self.signature(2)
        func verdict(_ signature: DeviceSignature, _ hash: Hash256?) -> SignatureVerdict {
            signatures.verdict(on: signature, hash, by: TestCryptography.self)
        }
        #expect(verdict(signed, signed.head.hash) == .right)
        #expect(verdict(signed, nil) == .notHere)
        #expect(verdict(signed, try Self.signature(2, value: "2").head.hash) == .otherEvents)
        #expect(verdict(try Self.signature(2, key: [6]), signed.head.hash) == .wrongSignature)
    }
}

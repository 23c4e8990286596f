import EventCore
import ReplicaEngine
import Testing

/// The hash chain's bytes, against numbers that Python computed from the contract:
///
///     h = bytes(32)
///     for e in events: h = sha256(b"syncline/chain/1\0" + uuid.bytes + h + e.encode()).digest()
struct ChainVectorTests {
    private static let events = [
        #"{"collection":"teams","context":{"4e1fbf6a-1fd9-59f8-b95e-bd86fe849925":8},"critical":true,"device":"467fd1e3-dd18-5468-a980-b6b45d94434a","note":"why","record":"mods","seq":1,"set":{"people.members":["user-127f9d57"]},"time":1637599940000,"unset":["website"]}"#,
        #"{"collection":"teams","context":{"467fd1e3-dd18-5468-a980-b6b45d94434a":1},"delete":true,"device":"467fd1e3-dd18-5468-a980-b6b45d94434a","epoch":3,"kind":"resolve","record":"mods","seq":2,"tick":7,"time":1637599940001}"#,
    ]
    private static let hashes = [
        "3e04d3d3e180abd46bcf78d5f0f40245193b6b163be85ca7c3feb254ba8270f3",
        "f4eeb3d77f9cfcd18410344722e3e75a14a568ff22800cf7f76623e83d2c82ba",
    ]
    private static let signed =
        "73796e636c696e652f686561642f3100000102030405060708090a0b0c0d0e0f467fd1e3dd185468a980b6b45d94434a0000000000000002"
        + "f4eeb3d77f9cfcd18410344722e3e75a14a568ff22800cf7f76623e83d2c82ba"

    @Test func `the chain of two events, and what is signed of it`() throws {
        var chains = HashChains()
        for (line, hash) in zip(Self.events, Self.hashes) {
            // Spelled in another way, it is the same event.
            let event = try Event(json: (" " + line.replacing(":{", with: " : { ")).utf8)
            chains.add(event)
            #expect(chains.head(of: event.dot.device) == ChainHead(dot: event.dot, hash: try #require(Hash256(hexadecimal: hash))))
        }
        let head = try #require(chains.heads.first)
        let bytes = head.signedBytes(workspace: Array(0..<16))
        let digits = Array("0123456789abcdef".utf8)
        #expect(String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self) == Self.signed)
        #expect(chains.head(of: DeviceID(high: 1, low: 1)).hash == .zero)
    }

    @Test func `a hash comes back from its bytes and its digits, and nothing else is one`() throws {
        let hash = try #require(Hash256(hexadecimal: Self.hashes[0]))
        #expect(Hash256(hash.bytes) == hash && hash.description == Self.hashes[0])
        #expect(Hash256(hexadecimal: Self.hashes[0].uppercased()) == nil && Hash256(hexadecimal: Self.hashes[0] + "0") == nil)
        #expect(Hash256(hexadecimal: String(Self.hashes[0].dropLast()) + "é") == nil)
        #expect(Hash256([UInt8](repeating: 0, count: 31)) == nil && Hash256.zero.bytes == [UInt8](repeating: 0, count: 32))
        #expect(try #require(Hash256(hexadecimal: Self.hashes[0])) < #require(Hash256(hexadecimal: Self.hashes[1])))
    }
}

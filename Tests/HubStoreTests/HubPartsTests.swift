import Crypto
import EventCore
import EventSamples
import ReplicaEngine
import Testing

@testable import HubStore

/// The small parts of a hub's log.
struct HubPartsTests {
    @Test func `signatures are Ed25519, and what is no key or no signature is wrong`() throws {
        let key = Curve25519.Signing.PrivateKey()
        let (message, publicKey) = (Array("message".utf8), Array(key.publicKey.rawRepresentation))
        let signature = Array(try key.signature(for: message))
        #expect(StandardCryptography.isSignature(signature, of: message, by: publicKey))
        #expect(!StandardCryptography.isSignature(signature, of: message + [0], by: publicKey))
        #expect(!StandardCryptography.isSignature(Array(signature.dropLast()), of: message, by: publicKey))
        #expect(!StandardCryptography.isSignature([], of: message, by: publicKey))
        #expect(!StandardCryptography.isSignature(signature, of: message, by: []))
        #expect(!StandardCryptography.isSignature(signature, of: message, by: Array(publicKey.reversed())))
        // FIPS 180-4, "abc".
        #expect(
            StandardCryptography.sha256(Array("abc".utf8)).description
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func `the newest events are at hand, the older ones are not`() throws {
        var recent = RecentEvents()
        #expect(recent.from(0, limit: 10) == nil)
        recent.add([])
        #expect(recent.from(0, limit: 10) == nil)
        let event = try Event.sample(1, 1)
        func logged(_ positions: Range<UInt64>) -> [LoggedEvent] { positions.map { LoggedEvent(position: Position($0), event: event) } }
        recent.add(logged(5..<10))
        recent.add(logged(10..<12))
        #expect(recent.from(4, limit: 10) == nil)
        #expect(recent.from(5, limit: 3) == logged(5..<8))
        #expect(recent.from(8, limit: 10) == logged(8..<12))
        #expect(recent.from(12, limit: 10) == [])
        // Behind a gap only what follows it is known.
        recent.add(logged(20..<22))
        #expect(recent.from(11, limit: 10) == nil && recent.from(20, limit: 10) == logged(20..<22))
        // Beyond twice 4096 the oldest go.
        recent.add(logged(22..<8220))
        #expect(recent.from(4123, limit: 10) == nil && recent.from(4124, limit: 2) == logged(4124..<4126))
    }
}

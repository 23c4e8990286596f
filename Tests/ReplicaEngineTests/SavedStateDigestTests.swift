import EventCore
import LogStore
import Simulation
import Testing

@testable import ReplicaEngine

/// The digest that a large store remembers: believed while nothing has been written, made of the records otherwise.
struct SavedStateDigestTests {
    private static let path = "disk/store/digest"
    private static let lie = [UInt8](repeating: 7, count: 32)

    /// A store of a few events.
    private static func store() throws -> Store {
        var store = try Store(3, wall: 1000)
        for number in 0..<5 { _ = try store.set(try Name("f\(number % 2)"), "\(number)") }
        return store
    }

    private static func write(_ bytes: [UInt8], to store: Store) throws {
        try store.volume.replaceFile(path, by: path + ".new", in: "disk/store", with: bytes)
    }

    /// What a file says at the store's end that no store writes there.
    private static func lie(about store: Store) throws {
        try write(SavedStateDigest(end: store.replica.log.committedEnd, digest: lie).bytes, to: store)
    }

    @Test func `of a small store nothing is saved, of a large one the digest with which the log ends`() throws {
        let store = try Self.store()
        let digest = try store.replica.stateDigest()
        #expect(try store.replica.knownStateDigest() == digest)
        #expect(store.volume.state.files[Self.path] == nil)
        #expect(try store.replica.knownStateDigest(large: 1) == digest)
        let saved = try #require(SavedStateDigest.read(store.volume.state.files[Self.path] ?? []))
        #expect(saved.digest == digest && saved.end == store.replica.log.committedEnd)
    }

    @Test func `it is believed, by readers too, until an event comes, and then made anew`() throws {
        var store = try Self.store()
        let digest = try store.replica.stateDigest()
        try Self.lie(about: store)
        #expect(try store.replica.knownStateDigest() == Self.lie)
        let reader = try Replica.open(in: "disk/store", on: store.volume, access: .reading)
        #expect(try reader.knownStateDigest() == Self.lie)
        #expect(try reader.stateDigest() == digest)
        _ = try store.set(try Name("f0"), "9")
        let later = try store.replica.stateDigest()
        #expect(try later != digest && store.replica.knownStateDigest(large: 1) == later)
        #expect(try store.replica.knownStateDigest() == later)
        // The reader's log still ends where it ended, and the file is of a later end.
        #expect(try reader.knownStateDigest() == digest)
    }

    @Test func `at a sealed end, in an empty log, and behind a sealed part`() throws {
        var store = try Store(3, wall: 1000)
        for step in 0..<4 {
            try Self.lie(about: store)
            #expect(try store.replica.knownStateDigest() == Self.lie, "step \(step)")
            // Sealing writes the same events anew: another end.
            if step % 2 == 1 { try store.replica.checkpoint() } else { _ = try store.set(try Name("f"), "\(step)") }
            #expect(try store.replica.knownStateDigest() == store.replica.stateDigest(), "step \(step)")
        }
    }

    @Test func `a deep check finds what it says wrongly, one that is not deep does not ask`() throws {
        let store = try Self.store()
        func isWrong(deep: Bool) throws -> Bool {
            var compared = 0
            let found = try Replica.verify(in: "disk/store", on: store.volume, deep: deep) { step, _, _ in
                if case .comparing = step { compared += 1 }
            }
            #expect(found.result == .intact)
            if !deep { #expect(compared == 0) }
            return found.isDigestWrong
        }
        #expect(try !isWrong(deep: true))
        _ = try store.replica.knownStateDigest(large: 1)
        #expect(try !isWrong(deep: true))
        try Self.lie(about: store)
        #expect(try isWrong(deep: true) && !isWrong(deep: false))
    }

    @Test func `a file that is cut, damaged, or of another log is none`() throws {
        let (store, other) = (try Self.store(), try Self.store())
        let digest = try store.replica.stateDigest()
        let lie = SavedStateDigest(end: store.replica.log.committedEnd, digest: Self.lie).bytes
        for bit in 0..<(lie.count * 8) {
            var damaged = lie
            damaged[bit / 8] ^= 1 << (bit % 8)
            try Self.write(damaged, to: store)
            #expect(try store.replica.knownStateDigest() == digest, "bit \(bit)")
        }
        for length in 0..<lie.count {
            try Self.write(Array(lie[..<length]), to: store)
            #expect(try store.replica.knownStateDigest() == digest, "cut to \(length)")
        }
        // As many events, in as many bytes, with another content.
        let changed = try { () throws -> Store in
            var changed = try Store(3, wall: 1000)
            for number in 0..<5 { _ = try changed.set(try Name("f\(number % 2)"), "\((number + 1) % 5)") }
            return changed
        }()
        #expect(changed.replica.log.committedEnd.commit?.offset == store.replica.log.committedEnd.commit?.offset)
        try Self.lie(about: changed)
        try Self.write(changed.volume.state.files[Self.path] ?? [], to: store)
        #expect(try store.replica.knownStateDigest() == digest)
        // The same bytes are the same log.
        try Self.lie(about: other)
        try Self.write(other.volume.state.files[Self.path] ?? [], to: store)
        #expect(try store.replica.knownStateDigest() == Self.lie)
    }

    @Test func `that it cannot be written is no harm`() throws {
        let store = try Self.store()
        store.volume.inject(.noSpace, at: 1, isForever: true)
        #expect(try store.replica.knownStateDigest(large: 1) == store.replica.stateDigest())
        #expect(store.volume.state.files[Self.path] == nil)
    }

    @Test func `a disk that refuses while a digest is compared is said, and no digest is called wrong for it`() throws {
        let volume = FaultyVolume()
        let replica = try ReferenceTests.replica(on: volume)
        _ = try replica.ingest(try ReferenceTests.history(1).shuffledCausally(seed: 1))
        #expect(try !replica.contestedKeys().isEmpty)
        try replica.checkpoint()
        _ = try replica.knownStateDigest(large: 1)
        let folder = replica.folder
        try replica.close()
        var refusedComparing = 0
        for number in 1...200 {
            volume.inject(.inputOutput, at: number, isForever: false)
            var isComparing = false
            do throws(ReplicaError) {
                let found = try Replica.verify(in: folder, on: volume, deep: true) { step, _, _ in
                    if case .comparing = step { isComparing = true }
                }
                #expect(!found.isDigestWrong, "operation \(number)")
            } catch {
                if isComparing { refusedComparing += 1 }
            }
            volume.heal()
        }
        #expect(refusedComparing > 0)
        #expect(try !Replica.verify(in: folder, on: volume, deep: true).isDigestWrong)
    }
}

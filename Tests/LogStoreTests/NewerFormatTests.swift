import EventCore
import Simulation
import Testing

@testable import LogStore

@Suite struct NewerFormatTests {
    /// The three numbers of a header: version, oldest version to read, oldest version to append.
    @Test(arguments: 0..<3)
    func `a segment that only a newer program reads is named, and no byte of the store is touched`(segment: Int) throws {
        let small = try SmallLog()
        for isLockThere in [true, false] {
            var state = small.state
            state.edit(small.segments[segment]) { Self.setVersions(&$0, [7, 2, 2]) }
            if !isLockThere { state.drop(LogScript.store + "/lock") }
            for access in LogAccess.allCases {
                let volume = FaultyVolume(state)
                #expect(throws: LogError.newerFormat(file: small.segments[segment])) {
                    _ = try EventLog.open(in: LogScript.store, on: volume, access: access, options: NumberedEvents.options)
                }
                #expect(volume.state.files == state.files)
            }
            #expect(try SmallLog.verify(state).result == .newerFormat)
        }
    }

    @Test func `a segment of a newer version that says so may be read and not appended to`() throws {
        let volume = FaultyVolume(try LogScript.emptyDisk)
        _ = try EventLog.create(in: LogScript.store, storeID: NumberedEvents.storeID, on: volume)
        var state = volume.state
        let path = try #require(state.files.keys.first { $0.hasSuffix(".segment") })
        state.edit(path) { bytes in
            Self.setVersions(&bytes, [2, 1, 2])
            // A newer version may have put something where version 1 has zeros.
            bytes[100] = 9
            Self.setVersions(&bytes, [2, 1, 2])
            guard let header = try? SegmentHeader(reading: bytes) else { return }
            bytes.replaceSubrange(512..<1536, with: AcknowledgedMark.preamble(of: header)[512...])
        }
        #expect(try EventLog.open(in: LogScript.store, on: FaultyVolume(state), access: .reading).end == Position(0))
        #expect(throws: LogError.newerFormat(file: path)) {
            _ = try EventLog.open(in: LogScript.store, on: FaultyVolume(state), access: .writing)
        }
    }

    @Test func `a block of a kind that only a newer program knows is never cut off`() throws {
        let small = try SmallLog()
        var block = NumberedEvents.block(0..<2).bytes
        block[8] = 3
        var checksum = Checksum()
        checksum.add(Array(block[..<4]))
        checksum.add(Array(block[8...]))
        block.store(checksum.value, at: 4)
        var state = small.state
        state.edit(small.segments[2]) { $0 += block }
        for access in LogAccess.allCases {
            let volume = FaultyVolume(state)
            #expect(throws: LogError.newerFormat(file: small.segments[2])) {
                _ = try EventLog.open(in: LogScript.store, on: volume, access: access)
            }
            #expect(volume.state.files[small.segments[2]] == state.files[small.segments[2]])
        }
    }

    private static func setVersions(_ bytes: inout [UInt8], _ versions: [UInt16]) {
        for (index, version) in versions.enumerated() { bytes.store(version, at: 8 + 2 * index) }
        bytes.store(Checksum.of(Array(bytes[..<508])), at: 508)
    }
}

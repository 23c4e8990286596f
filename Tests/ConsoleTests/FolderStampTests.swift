import Foundation
import Testing

@testable import Console

/// What a watch goes by, to notice that other programs have written to its store.
@Suite struct FolderStampTests {
    private static let modified: UInt64 = 1_700_000_000_500_000_000

    /// Calls `body` with a folder in which a file was written to at that time.
    private func withFolder(_ body: (_ folder: String, _ file: String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("stamp-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = folder + "/a"
        try Data("x".utf8).write(to: URL(fileURLWithPath: file))
        for path in [file, folder] { setTime(of: path) }
        try body(folder, file)
    }

    private func setTime(of path: String) {
        let (seconds, nanoseconds) = Self.modified.quotientAndRemainder(dividingBy: 1_000_000_000)
        let time = timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds))
        #expect(utimensat(AT_FDCWD, path, [time, time], 0) == 0)
    }

    @Test func `as long as nothing is written it is the same`() throws {
        try withFolder { folder, _ in
            let later = [1, 10, 1000].map { Machine.stamp(ofFolder: folder, now: Self.modified + $0 * 1_000_000_000) }
            #expect(Set(later).count == 1)
            // A clock that was set back does not keep the watch looking.
            #expect(Machine.stamp(ofFolder: folder, now: Self.modified - 5_000_000_000) == later[0])
        }
    }

    @Test func `what is written in the tick in which it was looked at shows when it is looked at again`() throws {
        try withFolder { folder, file in
            let seen = Machine.stamp(ofFolder: folder, now: Self.modified + 1_000_000)
            // As long as before, and the file's time is that of the same tick.
            try Data("y".utf8).write(to: URL(fileURLWithPath: file))
            for path in [file, folder] { setTime(of: path) }
            #expect(Machine.stamp(ofFolder: folder, now: Self.modified + 2_000_000) != seen)
            #expect(Machine.stamp(ofFolder: folder, now: Self.modified + 1_000_000_000) != seen)
        }
    }

    @Test func `a file that grows, is written to later or comes is noticed`() throws {
        try withFolder { folder, file in
            let now = Self.modified + 1_000_000_000
            var seen = [Machine.stamp(ofFolder: folder, now: now)]
            try Data("xx".utf8).write(to: URL(fileURLWithPath: file))
            for path in [file, folder] { setTime(of: path) }
            seen.append(Machine.stamp(ofFolder: folder, now: now))
            try Data().write(to: URL(fileURLWithPath: folder + "/b"))
            for path in [folder + "/b", folder] { setTime(of: path) }
            seen.append(Machine.stamp(ofFolder: folder, now: now))
            #expect(Set(seen).count == 3)
        }
    }
}

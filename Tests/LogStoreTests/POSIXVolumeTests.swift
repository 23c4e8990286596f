import EventCore
import Glibc
import LogStore
import Testing

/// The file system of this machine.
@Suite struct POSIXVolumeTests {
    @Test func `a log on a real disk is created, locked, sealed, checkpointed, cut and read back`() throws {
        try Self.withFolder { folder in
            let volume = POSIXVolume()
            let options = NumberedEvents.options
            var log: EventLog<POSIXVolume>? = try EventLog.create(in: folder, storeID: NumberedEvents.storeID, on: volume, options: options)
            try log?.commit([NumberedEvents.block(0..<5)])
            #expect(throws: LogError.locked(by: options.holder)) {
                _ = try EventLog.open(in: folder, on: volume, access: .writing, options: options)
            }
            try log?.seal(repacking: repacked)
            let section: [UInt8] = [1, 2, 3]
            try section.withUnsafeBytes { try log?.writeCheckpoint([$0]) }
            try log?.commit([NumberedEvents.block(5..<9), NumberedEvents.block(0..<2, kind: .waiting)])
            #expect(try EventLog.open(in: folder, on: volume, access: .reading).end == Position(9))
            try log?.close()
            log = nil
            let active = try #require(try volume.names(in: folder + "/log").max())
            let file = try volume.open(folder + "/log/" + active, .readingAndWriting)
            _ = try ([9, 9, 9] as [UInt8]).withUnsafeBytes { try volume.write(file, at: volume.sizeBytes(of: file), $0) }
            volume.close(file)
            #expect(try EventLog.verify(in: folder, on: volume).result == .tornTail)
            let opened = try EventLog.open(in: folder, on: volume, access: .writing, options: options)
            #expect(opened.recovery.tornTail?.sizeBytes == 3)
            let content = try LogContent(of: opened)
            #expect(content.ids == Array(0..<9) && content.waiting == [0, 1])
            let image = try #require(opened.readCheckpoint().image)
            #expect(image.bytes(of: 0) == section && image.end == opened.sealedEnd)
            let memory = mmap(nil, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            defer { munmap(memory, 4096) }
            let page = UnsafeMutableRawBufferPointer(start: memory, count: 4096)
            #expect(image.place(0, in: page) && Array(page.prefix(4)) == section + [0])
            page[0] = 7
            #expect(image.bytes(of: 0) == section && opened.readCheckpoint().image?.bytes(of: 0) == section)
        }
    }

    @Test func `what the file system refuses is told by operation, path and reason`() throws {
        try Self.withFolder { folder in
            let volume = POSIXVolume()
            let missing = folder + "/missing"
            let error = #expect(throws: VolumeError.self) { _ = try volume.open(missing, .reading) }
            #expect(error?.operation == .open && error?.path == missing && error?.reason == .noSuchFile)
            try volume.createFolder(missing)
            #expect(throws: VolumeError(.createFolder, missing, code: EEXIST)) { try volume.createFolder(missing) }
            // A folder's folders are made with it, but not through a file.
            try volume.createFolders(missing + "/a/b/c")
            try volume.createFolders(missing + "/a/b/c")
            #expect(try volume.names(in: missing + "/a/b") == ["c"])
            try volume.replaceFile(missing + "/a/file", by: missing + "/a/new", in: missing + "/a", with: [1])
            #expect(throws: VolumeError(.createFolder, missing + "/a/file/d/e", code: ENOTDIR)) {
                try volume.createFolders(missing + "/a/file/d/e")
            }
            #expect(throws: VolumeError(.open, missing, code: EEXIST)) { _ = try volume.open(missing, .creating) }
            #expect(throws: VolumeError(.open, missing, code: EISDIR)) { _ = try volume.open(missing, .readingAndWriting) }
            #expect(try volume.names(in: folder) == ["missing"])
        }
    }

    @Test func `a folder that is none is not listed, and what has no pages is not mapped`() throws {
        try Self.withFolder { folder in
            let volume = POSIXVolume()
            #expect(throws: VolumeError(.listFolder, folder + "/none", code: ENOENT)) { try volume.names(in: folder + "/none") }
            #expect(try volume.names(in: folder) == [])
            let pipe = folder + "/pipe"
            try #require(mkfifo(pipe, 0o600) == 0)
            let file = try volume.open(pipe, .readingAndWriting)
            defer { volume.close(file) }
            #expect(throws: VolumeError(.dropCache, pipe, code: ESPIPE)) { try volume.dropCache(of: file, in: 0..<10) }
            let memory = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            defer { munmap(memory, 4096) }
            let page = UnsafeMutableRawBufferPointer(start: memory, count: 4096)
            page[7] = 7
            #expect(throws: VolumeError(.map, pipe, code: ENODEV)) { try volume.map(file, at: 0, onto: page) }
            #expect(page[7] == 7)
            #expect(throws: VolumeError.self) { _ = try ([1] as [UInt8]).withUnsafeBytes { try volume.write(file, at: 0, $0) } }
        }
    }

    @Test func `a full device is told apart from other failures`() throws {
        let volume = POSIXVolume()
        let full = try volume.open("/dev/full", .readingAndWriting)
        defer { volume.close(full) }
        let error = #expect(throws: VolumeError.self) { _ = try [1].withUnsafeBytes { try volume.write(full, at: 0, $0) } }
        #expect(error?.reason == .noSpace)
    }

    @Test func `a lock is one of the file that its path names`() throws {
        try Self.withFolder { folder in
            let volume = POSIXVolume()
            let path = folder + "/lock"
            volume.close(try volume.open(path, .creating))
            let (early, later) = (try volume.open(path, .readingAndWriting), try volume.open(path, .readingAndWriting))
            defer { for file in [early, later] { volume.close(file) } }
            #expect(try volume.lock(early) == .taken)
            #expect(try volume.lock(later) == .heldByAnother)
            try volume.rename(path, to: path + ".old")
            #expect(try volume.lock(early) == .replaced)
            let new = try volume.open(path, .creating)
            defer { volume.close(new) }
            #expect(try volume.lock(early) == .replaced && volume.lock(new) == .taken)
        }
    }

    @Test func `two folders exchange their names, or neither has another one`() throws {
        try Self.withFolder { folder in
            let volume = POSIXVolume()
            let (one, other) = (folder + "/one", folder + "/other")
            for (path, name) in [(one, "a"), (other, "b")] {
                try volume.createFolder(path)
                volume.close(try volume.open(path + "/" + name, .creating))
            }
            #expect(try volume.exchange(one, other))
            #expect(try volume.names(in: one) == ["b"] && volume.names(in: other) == ["a"])
            // A folder in itself is what the file system says EINVAL to.
            #expect(try !volume.exchange(one, one + "/b"))
            let error = #expect(throws: VolumeError.self) { _ = try volume.exchange(one, folder + "/none") }
            #expect(error?.reason == .noSuchFile)
            #expect(try volume.names(in: one) == ["b"])
        }
    }

    @Test func `who waits for a folder enters the one that took its place`() async throws {
        var template = Array("/tmp/syncline-log-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { Self.remove(folder) }
        let volume = POSIXVolume()
        let path = folder + "/store"
        try volume.createFolder(path)
        let turn = try volume.enter(path)
        let entering = Task.detached { try volume.enter(path) }
        // So that it waits, mostly; what holds does so however far it has come.
        try await Task.sleep(for: .milliseconds(50))
        try volume.rename(path, to: path + ".old")
        try volume.createFolder(path)
        volume.close(turn)
        let entered = try await entering.value
        let other = try volume.open(path, .reading)
        #expect(try volume.lock(other) == .heldByAnother)
        volume.close(entered)
        #expect(try volume.lock(other) == .taken)
        volume.close(other)
    }

    @Test func `no file of a store gets the number of stdin, stdout or stderr, also where a program has closed them`() async {
        await #expect(processExitsWith: .success) {
            for number in STDIN_FILENO...STDERR_FILENO { close(number) }
            let volume = POSIXVolume()
            var template = Array("/tmp/syncline-log-XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else { exit(2) }
            let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let files = try ["a", "b", "c", "d"].map { try volume.open(folder + "/" + $0, .creating) }
            // The test's own machinery may open something there meanwhile; what counts is that none of them is one of these files.
            let taken = (STDIN_FILENO...STDERR_FILENO).filter { number in
                var there = stat()
                guard fstat(number, &there) == 0 else { return false }
                return ["a", "b", "c", "d"].contains { name in
                    var file = stat()
                    return stat(folder + "/" + name, &file) == 0 && file.st_ino == there.st_ino && file.st_dev == there.st_dev
                }
            }
            for file in files { _ = try ([7] as [UInt8]).withUnsafeBytes { try volume.write(file, at: 0, $0) } }
            let isWritten = try ["a", "b", "c", "d"].allSatisfy { try volume.wholeFile(folder + "/" + $0) == [7] }
            for name in ["a", "b", "c", "d"] { unlink(folder + "/" + name) }
            rmdir(folder)
            exit(taken.isEmpty && isWritten ? 0 : 1)
        }
    }

    /// A folder of its own, removed afterwards.
    private static func withFolder(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/syncline-log-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw VolumeError(.createFolder, "/tmp", code: errno) }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { remove(folder) }
        try body(folder)
    }

    private static func remove(_ path: String) {
        for name in (try? POSIXVolume().names(in: path)) ?? [] { remove(path + "/" + name) }
        if unlink(path) != 0 { rmdir(path) }
    }
}

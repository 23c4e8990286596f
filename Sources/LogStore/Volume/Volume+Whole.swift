extension Volume {
    /// Fills `buffer` from the file, however many calls that takes.
    ///
    /// - Returns: how many bytes there were; fewer than `buffer.count` only when the file ends.
    func readWhole(_ file: File, at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(VolumeError) -> Int {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = try read(file, at: offset + done, into: rest)
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// At most `count` bytes of the file, fewer only when it ends, and so many zeros behind them.
    func readWhole(_ file: File, at offset: Int, count: Int, zeros: Int = 0) throws(VolumeError) -> [UInt8] {
        var failure: VolumeError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count + zeros) { buffer, filled in
            do throws(VolumeError) {
                let room = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count])
                let read = try readWhole(file, at: offset, into: room)
                for zero in read..<(read + zeros) { buffer[zero] = 0 }
                filled = read + zeros
            } catch { failure = error }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Writes all of `bytes`, however many calls that takes.
    func writeWhole(_ file: File, at offset: Int, _ bytes: UnsafeRawBufferPointer) throws(VolumeError) {
        var done = 0
        while done < bytes.count {
            done += try write(file, at: offset + done, UnsafeRawBufferPointer(rebasing: bytes[done...]))
        }
    }

    /// Writes all of `bytes`.
    package func writeWhole(_ file: File, at offset: Int, _ bytes: [UInt8]) throws(VolumeError) {
        let result = bytes.withUnsafeBytes { buffer -> Result<Void, VolumeError> in
            do throws(VolumeError) { return .success(try writeWhole(file, at: offset, buffer)) } catch { return .failure(error) }
        }
        try result.get()
    }

    /// Whether a file of this name can be opened for reading.
    package func exists(_ path: String) throws(VolumeError) -> Bool {
        do throws(VolumeError) {
            close(try open(path, .reading))
            return true
        } catch {
            if error.reason == .noSuchFile { return false }
            throw error
        }
    }

    /// All bytes of a file.
    package func wholeFile(_ path: String) throws(VolumeError) -> [UInt8] {
        let file = try open(path, .reading)
        defer { close(file) }
        return try readWhole(file, at: 0, count: try sizeBytes(of: file))
    }

    /// The same; nil when there is none of this name.
    package func fileIfPresent(_ path: String) throws(VolumeError) -> [UInt8]? {
        do throws(VolumeError) { return try wholeFile(path) } catch {
            if error.reason == .noSuchFile { return nil }
            throw error
        }
    }

    /// Removes a file; that there is none is no error.
    func removeIfPresent(_ path: String) throws(VolumeError) {
        do throws(VolumeError) { try remove(path) } catch { if error.reason != .noSuchFile { throw error } }
    }

    /// Makes a folder unless it is there.
    package func createFolderIfMissing(_ path: String) throws(VolumeError) {
        do throws(VolumeError) { try createFolder(path) } catch { if error.reason != .alreadyExists { throw error } }
    }

    /// The same with the folders that it lies in. What is made survives a power loss.
    package func createFolders(_ path: String) throws(VolumeError) {
        let parent = Self.folder(of: path)
        do throws(VolumeError) { try createFolder(path) } catch {
            if error.reason == .alreadyExists { return }
            guard error.reason == .noSuchFile, parent != path, parent != "." else { throw error }
            try createFolders(parent)
            try createFolderIfMissing(path)
        }
        try syncFolder(parent)
    }

    /// Puts a file with `bytes` in place so that after a power loss it is there whole or not at all.
    ///
    /// Writes `temporary`, syncs, renames and syncs the folder. A `temporary` left over from before is replaced.
    ///
    /// - Parameter mode: `.creating`, or `.creatingPrivately`.
    package func replaceFile(
        _ path: String, by temporary: String, in folder: String, with bytes: [UInt8], _ mode: OpenMode = .creating
    ) throws(VolumeError) {
        try removeIfPresent(temporary)
        let file = try open(temporary, mode)
        defer { close(file) }
        try writeWhole(file, at: 0, bytes)
        try syncData(file)
        try rename(temporary, to: path)
        try syncFolder(folder)
    }

    /// The same for a file that several programs may replace at the same time: one after the other.
    ///
    /// Its `temporary` is one for all, so that what a program leaves behind when it dies there is replaced by the next.
    package func replaceSharedFile(
        _ path: String, in folder: String, with bytes: [UInt8], _ mode: OpenMode = .creating
    ) throws(VolumeError) {
        let turn = try enter(folder)
        defer { close(turn) }
        try replaceFile(path, by: path + ".unfinished", in: folder, with: bytes, mode)
    }

    /// Puts in place what `change` makes of such a file's bytes, nil of one that is not there, while no other program changes a file of its folder; nothing when that is nil.
    package func updateSharedFile(
        _ path: String, in folder: String, _ mode: OpenMode = .creating, _ change: ([UInt8]?) -> [UInt8]?
    ) throws(VolumeError) {
        let turn = try enter(folder)
        defer { close(turn) }
        guard let bytes = change(try fileIfPresent(path)) else { return }
        try replaceFile(path, by: path + ".unfinished", in: folder, with: bytes, mode)
    }

    /// The folder that a path lies in.
    package static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

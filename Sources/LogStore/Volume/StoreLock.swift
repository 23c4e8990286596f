/// The lock of a store, held for as long as this object lives.
final class StoreLock<Storage: Volume>: Sendable {
    private let file: OpenFile<Storage>

    /// Takes the lock, making its file when there is none.
    ///
    /// Where another store took the place of the one whose file was opened, as mending has it, the lock is that store's.
    ///
    /// - Throws: `.locked` with who holds it.
    init(_ folder: LogFolder, on volume: Storage) throws(LogError) {
        file = try Self.lockedFile(folder.lock, on: volume)
    }

    /// Says who holds the lock. That the text cannot be written (a full disk) keeps nobody from reading the store.
    func name(_ holder: LockHolder) {
        do throws(VolumeError) {
            try file.volume.truncate(file.file, to: 0)
            try file.write(holder.bytes, at: 0)
        } catch {
            return
        }
    }

    private static func lockedFile(_ path: String, on volume: Storage) throws(LogError) -> OpenFile<Storage> {
        while true {
            let file: OpenFile<Storage>
            let outcome: LockOutcome
            do throws(VolumeError) {
                file = try openFile(path, on: volume)
                outcome = try volume.lock(file.file)
            } catch { throw .volume(error) }
            switch outcome {
            case .taken: return file
            case .replaced: continue
            case .heldByAnother: throw .locked(by: (try? file.read(at: 0, count: 4096)).flatMap(LockHolder.init))
            }
        }
    }

    private static func openFile(_ path: String, on volume: Storage) throws(VolumeError) -> OpenFile<Storage> {
        do throws(VolumeError) {
            return try OpenFile(path, .readingAndWriting, on: volume)
        } catch  where error.reason == .noSuchFile {
            do throws(VolumeError) {
                return try OpenFile(path, .creating, on: volume)
            } catch  where error.reason == .alreadyExists {
                return try OpenFile(path, .readingAndWriting, on: volume)
            }
        }
    }
}

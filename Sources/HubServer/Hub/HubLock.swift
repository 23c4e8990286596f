internal import Glibc

/// Holds a data folder for one hub; the system lets go when the process ends.
struct HubLock {
    private let descriptor: Int32

    /// - Throws: `.alreadyRunning` when a hub has the folder.
    init(_ folder: HubFolder) throws(HubError) {
        descriptor = open(folder.path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            if descriptor >= 0 { close(descriptor) }
            throw .alreadyRunning(folder: folder.path)
        }
    }

    func release() { close(descriptor) }
}

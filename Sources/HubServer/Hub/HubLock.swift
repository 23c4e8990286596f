internal import Glibc
internal import LogStore

/// Holds a data folder for one hub; the system lets go when the process ends.
struct HubLock {
    private let descriptor: Int32

    /// - Throws: `.alreadyRunning` when a hub has the folder, `.volume` when nobody can have it.
    init(_ folder: HubFolder) throws(HubError) {
        let path = folder.path + "/lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .volume(VolumeError(.open, path, code: errno)) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            throw code == EWOULDBLOCK ? .alreadyRunning(folder: folder.path) : .volume(VolumeError(.lock, path, code: code))
        }
    }

    func release() { close(descriptor) }
}

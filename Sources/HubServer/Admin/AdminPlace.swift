internal import Glibc
internal import LogStore

/// Where a hub's admin socket lies: alone in a folder that is its owner's alone.
struct AdminPlace {
    /// The place as the data folder's `admin` file has it: in the data folder, or an absolute path.
    let named: String
    private let folder: String

    private static let socketName = "admin"
    private static let privateFolder = "private"
    private static let temporaryFolder = "/tmp/syncline-"

    /// The place in the data folder, emptied of what a hub that was killed has left there.
    init(in data: HubFolder) throws(HubError) {
        self.init(named: Self.privateFolder + "/" + Self.socketName, data)
        remove()
        guard mkdir(folder, 0o700) == 0 else { throw Self.failure() }
    }

    /// A new place among the temporary files.
    static func temporary() throws(HubError) -> AdminPlace {
        var template = Array((temporaryFolder + "XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw failure() }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return AdminPlace(named: folder + "/" + socketName, folder: folder)
    }

    /// The place that the data folder's `admin` file names, where nobody needs to listen any more.
    init?(of data: HubFolder) {
        guard let text = try? data.volume.wholeFile(data.adminFile) else { return nil }
        self.init(named: String(decoding: text.prefix { $0 != 0x0A }, as: UTF8.self), data)
    }

    /// The place among the temporary files that a hub of this data folder has left.
    static func left(in data: HubFolder) -> AdminPlace? {
        guard let place = AdminPlace(of: data), place.folder.hasPrefix(temporaryFolder), place.named.hasSuffix("/" + socketName) else {
            return nil
        }
        // A copy of a data folder names the socket of the hub that it is a copy of.
        if let other = place.connected() {
            close(other)
            return nil
        }
        return place
    }

    private init(named: String, _ data: HubFolder) {
        let path = named.hasPrefix("/") ? named : data.path + "/" + named
        self.init(named: named, folder: POSIXVolume.folder(of: path))
    }

    private init(named: String, folder: String) {
        self.named = named
        self.folder = folder
    }

    /// Has `body` use a path of the socket that is short, however long the folder's is: a socket's path has at most 107 bytes.
    func reached<Value>(_ body: (String) async throws -> Value) async throws -> Value {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure() }
        defer { close(descriptor) }
        return try await body(Self.path(through: descriptor))
    }

    /// A socket to whoever listens there; nil where nobody does.
    func connected() -> Int32? {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Self.path(through: descriptor).utf8) }
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { return nil }
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        if isConnected { return socket }
        close(socket)
        return nil
    }

    func remove() {
        unlink(folder + "/" + Self.socketName)
        rmdir(folder)
    }

    private static func path(through folder: Int32) -> String { "/proc/self/fd/\(folder)/" + socketName }

    static func failure() -> HubError { .adminSocket(reason: String(cString: strerror(errno))) }
}

/// A disk in memory: what programs see, and apart from it what would survive a power loss.
///
/// A value, so that a test can keep the state after every operation and try every future from there.
package struct DiskState: Sendable {
    /// A file or a folder.
    struct Node: Sendable {
        var isFolder = false
        /// What is read now.
        var visible: [UInt8] = []
        /// What the medium is known to hold.
        var durable: [UInt8] = []
        /// What was changed since the last sync, in order.
        var pending: [DataChange] = []
    }

    enum DataChange: Sendable {
        case write(offset: Int, bytes: [UInt8])
        case truncate(sizeBytes: Int)
    }

    enum NameChange: Sendable {
        case set(path: String, node: Int)
        case rename(from: String, to: String, node: Int)
        case remove(path: String)

        /// The folder whose sync makes it durable.
        var folder: String {
            switch self {
            case .set(let path, _), .remove(let path), .rename(_, let path, _): path.parentFolder
            }
        }
    }

    static let sectorBytes = 512
    static let pageBytes = 4096

    var nodes: [Int: Node] = [:]
    /// Paths as programs see them.
    var names: [String: Int] = [:]
    var durableNames: [String: Int] = [:]
    var pendingNames: [NameChange] = []
    private var nodeCount = 0

    /// New files get numbers that no file before had.
    mutating func skipNodes(to number: Int) { nodeCount = max(nodeCount, number) }

    package init() {}

    /// Adds a file or folder under a name; neither is durable.
    mutating func add(_ path: String, isFolder: Bool) -> Int {
        nodeCount += 1
        nodes[nodeCount] = Node(isFolder: isFolder)
        names[path] = nodeCount
        pendingNames.append(.set(path: path, node: nodeCount))
        return nodeCount
    }

    /// Whether a name can be made in the folder of `path`. Paths without a folder lie in one that is always there.
    func hasFolder(of path: String) -> Bool {
        let folder = path.parentFolder
        return folder.isEmpty || names[folder].flatMap { nodes[$0]?.isFolder } == true
    }

    /// All files with their bytes, as programs see them.
    package var files: [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for (path, node) in names where nodes[node]?.isFolder == false { files[path] = nodes[node]?.visible }
        return files
    }

    /// Makes all that is visible durable.
    package mutating func settle() {
        nodes = nodes.mapValues { node in
            var node = node
            node.durable = node.visible
            node.pending = []
            return node
        }
        durableNames = names
        pendingNames = []
    }

    /// Changes a file's bytes behind everybody's back, on the medium too.
    package mutating func edit(_ path: String, _ change: (inout [UInt8]) -> Void) {
        guard let node = names[path], var bytes = nodes[node]?.visible else { return }
        change(&bytes)
        nodes[node]?.visible = bytes
        nodes[node]?.durable = bytes
        nodes[node]?.pending = []
    }

    /// Replaces or adds a whole file, durably.
    package mutating func put(_ path: String, _ bytes: [UInt8]) {
        if names[path] == nil { _ = add(path, isFolder: false) }
        edit(path) { $0 = bytes }
        durableNames[path] = names[path]
    }

    /// Removes a file, durably.
    package mutating func drop(_ path: String) {
        names[path] = nil
        durableNames[path] = nil
    }

    /// Inverts one bit.
    package mutating func flipBit(_ bit: Int, of path: String) {
        edit(path) { $0[bit / 8] ^= UInt8(1 << (bit % 8)) }
    }

    /// Fills a sector with zeros.
    package mutating func zeroSector(_ sector: Int, of path: String) {
        edit(path) { bytes in
            let start = sector * Self.sectorBytes
            for index in start..<min(bytes.count, start + Self.sectorBytes) { bytes[index] = 0 }
        }
    }

    /// Cuts a file.
    package mutating func cut(_ path: String, to sizeBytes: Int) {
        edit(path) { $0 = Array($0.prefix(sizeBytes)) }
    }
}

extension DiskState.Node {
    mutating func apply(_ change: DiskState.DataChange) {
        visible.apply(change)
        pending.append(change)
    }
}

extension [UInt8] {
    mutating func apply(_ change: DiskState.DataChange) {
        switch change {
        case .truncate(let sizeBytes): resize(to: sizeBytes)
        case .write(let offset, let bytes):
            if count < offset + bytes.count { resize(to: offset + bytes.count) }
            replaceSubrange(offset..<(offset + bytes.count), with: bytes)
        }
    }

    mutating func resize(to size: Int) {
        if size < count { removeLast(count - size) } else { append(contentsOf: [UInt8](repeating: 0, count: size - count)) }
    }
}

extension String {
    /// The path without its last part; empty when there is only one.
    var parentFolder: String {
        guard let slash = lastIndex(of: "/") else { return "" }
        return String(self[..<slash])
    }
}

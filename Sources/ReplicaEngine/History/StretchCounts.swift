internal import EventCore

/// Of each stretch of a log how many of its events have which traits.
struct StretchCounts {
    /// A stretch that has some.
    struct Entry: Hashable {
        let stretch: Int
        var count: UInt64
    }

    private var entries: [EventTrait: [Entry]] = [:]
    /// What came from a file and nobody has asked for yet.
    private var unread: [EventTrait: [UInt8]] = [:]

    init() {}

    /// The stretches with events of a trait, ascending; nil where what the file says of it cannot be read.
    func entries(of trait: EventTrait) -> [Entry]? { unread[trait].map(Self.read) ?? entries[trait, default: []] }

    /// Adds to the newest stretch, or to the first one behind it.
    mutating func add(_ counts: [EventTrait: Int], to stretch: Int) {
        for (trait, count) in counts {
            if let bytes = unread[trait] {
                // What cannot be read stays unknown.
                guard let known = Self.read(bytes) else { continue }
                (entries[trait], unread[trait]) = (known, nil)
            }
            Self.add(UInt64(count), to: stretch, of: &entries[trait, default: []])
        }
    }

    private static func add(_ count: UInt64, to stretch: Int, of entries: inout [Entry]) {
        if let last = entries.last, last.stretch == stretch {
            entries[entries.count - 1].count += count
        } else {
            entries.append(Entry(stretch: stretch, count: count))
        }
    }

    // MARK: - In a file

    /// Reads to the end: of each trait its code and name, and how many bytes follow; of each stretch with some how many others lie between it and the one before, and how many events.
    init(_ cursor: inout ByteCursor) throws(BlockError) {
        while !cursor.isAtEnd {
            let trait = try EventTrait(&cursor)
            unread[trait] = Array(try cursor.take(try cursor.count()))
        }
    }

    private static func read(_ bytes: [UInt8]) -> [Entry]? {
        try? bytes.withUnsafeBytes { bytes in
            Result { () throws(BlockError) -> [Entry] in
                var (cursor, entries, next) = (ByteCursor(bytes), [Entry](), 0)
                while !cursor.isAtEnd {
                    let stretch = next + Int(UInt32(truncatingIfNeeded: try cursor.varint()))
                    entries.append(Entry(stretch: stretch, count: try cursor.varint()))
                    next = stretch + 1
                }
                return entries
            }
        }.get()
    }

    /// Ordered by what each begins with, so that the same log has the same file.
    func append(to bytes: inout [UInt8]) {
        let all = entries.mapValues(Self.bytes).merging(unread) { $1 }.map { (name: $0.bytes, own: $1) }
        for (name, own) in all.sorted(by: { $0.name.lexicographicallyPrecedes($1.name) }) {
            bytes += name
            bytes.appendVarint(own.count)
            bytes += own
        }
    }

    private static func bytes(_ entries: [Entry]) -> [UInt8] {
        var (bytes, next) = ([UInt8](), 0)
        for entry in entries {
            bytes.appendVarint(entry.stretch - next)
            bytes.appendVarint(entry.count)
            next = entry.stretch + 1
        }
        return bytes
    }
}

extension EventTrait {
    private enum Code {
        static let critical: UInt8 = 4
        static let delete: UInt8 = 5
        static let device: UInt8 = 6
        static let collection: UInt8 = 7
        static let field: UInt8 = 8
    }

    /// A code, that of a kind being its own; and the device (16 bytes) or the name (a length byte and UTF-8).
    init(_ cursor: inout ByteCursor) throws(BlockError) {
        let start = cursor.offset
        switch try cursor.byte() {
        case Code.critical: self = .critical
        case Code.delete: self = .delete
        case Code.device: self = .device(DeviceID(bytes: try cursor.take(16)))
        case Code.collection: self = .collection(try cursor.name())
        case Code.field: self = .field(try cursor.name())
        case let code:
            guard let kind = EventKind(rawValue: code) else { throw .malformed(offset: start) }
            self = .kind(kind)
        }
    }

    var bytes: [UInt8] {
        switch self {
        case .kind(let kind): [kind.rawValue]
        case .critical: [Code.critical]
        case .delete: [Code.delete]
        case .device(let device): [Code.device] + device.bytes
        case .collection(let name): [Code.collection, UInt8(name.utf8.count)] + name.utf8
        case .field(let name): [Code.field, UInt8(name.utf8.count)] + name.utf8
        }
    }
}

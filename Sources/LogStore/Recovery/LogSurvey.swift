internal import EventCore

/// The segments of a log as their first and last bytes show them. Taking it changes nothing.
struct LogSurvey<Storage: Volume> {
    /// In order; each is right and fits the one before.
    private(set) var sealed: [SealedSegment] = []
    /// The newest segment, when it is not sealed; nothing is said yet about its frames.
    private(set) var active: (name: SegmentName, header: SegmentHeader)?

    /// The store's identity, as the first segment names it.
    let storeID: StoreID

    private let folder: LogFolder
    private let volume: Storage
    private let access: LogAccess

    /// Reads the header of each segment, and the tail of each that is sealed. Keeps no file open.
    ///
    /// - Throws: `.noLog`, or what the recovery table says.
    init(_ folder: LogFolder, on volume: Storage, for access: LogAccess) throws(LogError) {
        self.folder = folder
        self.volume = volume
        self.access = access
        let names = try Self.names(folder, volume)
        guard !names.isEmpty else { throw .noLog(folder: folder.path) }
        var starts: [SegmentStart] = []
        for name in names { starts.append(try Self.readStart(folder.segment(name), volume, access)) }
        // A newer program's file is named before anything else is said about the log: this program cannot judge the rest.
        if let newer = starts.firstIndex(where: { $0.state == .newerFormat }) {
            throw .newerFormat(file: folder.segment(names[newer]))
        }
        storeID = starts[0].header?.storeID ?? StoreID(high: 0, low: 0)
        for (index, start) in starts.enumerated() {
            try add(names[index], start, next: index + 1 < names.count ? names[index + 1] : nil)
        }
    }

    /// The names of all segments, by number.
    static func names(_ folder: LogFolder, _ volume: Storage) throws(LogError) -> [SegmentName] {
        do throws(VolumeError) {
            let names = try volume.names(in: folder.log)
            return names.compactMap { SegmentName($0) }.sorted { ($0.number, $0.first) < ($1.number, $1.first) }
        } catch {
            throw error.reason == .noSuchFile ? .noLog(folder: folder.path) : .volume(error)
        }
    }

    /// The end of the sealed segments taken in so far.
    private var end: (number: Int, position: Position, digest: SegmentDigest) {
        guard let last = sealed.last else { return (0, Position(0), .none) }
        return (last.name.number, last.tail.endPosition, last.tail.digest)
    }

    private struct SegmentStart {
        var state: HeaderState
        var header: SegmentHeader?
        /// Of a sealed segment; nil when it cannot be read.
        var tail: SegmentTail?
    }

    private static func readStart(_ path: String, _ volume: Storage, _ access: LogAccess) throws(LogError) -> SegmentStart {
        do throws(VolumeError) {
            let file = try OpenFile(path, .reading, on: volume)
            let bytes = try file.read(at: 0, count: SegmentHeader.sizeBytes)
            let header: SegmentHeader
            do throws(HeaderProblem) { header = try SegmentHeader(reading: bytes) } catch {
                return SegmentStart(state: HeaderState(error))
            }
            guard header.isAppendable || access == .reading else { return SegmentStart(state: .newerFormat, header: header) }
            guard header.isSealed else { return SegmentStart(state: .good, header: header) }
            let sizeBytes = try file.sizeBytes
            let end = try file.read(at: max(0, sizeBytes - SegmentTail.sizeBytes), count: SegmentTail.sizeBytes)
            return SegmentStart(state: .good, header: header, tail: SegmentTail(reading: end, in: header, fileBytes: sizeBytes))
        } catch {
            throw .volume(error)
        }
    }

    /// Takes in one segment as the table says. What an active segment's frames hold is decided when they are read.
    private mutating func add(_ name: SegmentName, _ start: SegmentStart, next: SegmentName?) throws(LogError) {
        let role: SegmentRole = start.header?.isSealed == true ? .sealed : .active
        let state = SegmentState(
            header: headerState(name, start), role: role, isNewest: next == nil,
            tail: role == .sealed && start.tail == nil ? .torn : .intact, mark: .reached, access: access)
        if case .refuse(let kind) = RecoveryTable.decision(for: state) {
            throw .corrupt(damage(kind, name, next: next))
        }
        guard let header = start.header else { return }
        if let tail = start.tail {
            sealed.append(SealedSegment(name: name, header: header, tail: tail))
        } else {
            active = (name, header)
        }
    }

    private func headerState(_ name: SegmentName, _ start: SegmentStart) -> HeaderState {
        if name.number > end.number + 1 { return .missing }
        guard start.state == .good, let header = start.header else { return start.state }
        let fits =
            header.number == name.number && header.first == name.first && name.number == end.number + 1
            && header.first == end.position && header.digestBefore == end.digest && header.storeID == storeID
        return fits ? .good : .foreign
    }

    private func damage(_ kind: DamageKind, _ name: SegmentName, next: SegmentName?) -> LogDamage {
        switch kind {
        case .missingSegment:
            let missing = SegmentName(number: end.number + 1, first: end.position)
            return LogDamage(
                kind, file: folder.segment(missing), offset: 0, positions: end.position..<max(end.position, name.first))
        default:
            let positions = next.map { name.first..<max(name.first, $0.first) }
            return LogDamage(kind, file: folder.segment(name), offset: 0, positions: positions)
        }
    }
}

extension HeaderState {
    init(_ problem: HeaderProblem) {
        switch problem {
        case .damaged: self = .damaged
        case .newerFormat: self = .newerFormat
        }
    }
}

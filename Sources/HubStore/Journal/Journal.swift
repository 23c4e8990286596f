internal import EventCore
package import LogStore
package import SyncCore

/// What a workspace's hub keeps besides the log: `HubRecord`s, those of one append all there after an interruption or none.
///
///     syncline hub journal 1 WORKSPACE CHECKSUM 32 hexadecimal digits; CRC32C of what stands before its space
///     CHECKSUM [record,…]                       CRC32C of the array, 8 hexadecimal digits; a line for each append
///
/// It begins anew with each start, in as few records as say the same. What an interruption left of the last line, cut off or with zeros in
/// it, was never acknowledged and is dropped; any other damage is refused.
package final class Journal<Storage: Volume> {
    package let workspace: WorkspaceID
    private let volume: Storage
    private let file: Storage.File
    private var offset: Int

    private static var magic: String { "syncline hub journal 1 " }

    /// Opens the journal of a folder, or makes it; `state` is what it has kept.
    ///
    /// - Parameters:
    ///   - newWorkspace: asked for when there is no journal yet.
    ///   - wall: milliseconds since 1970; what has expired is left out.
    package static func open(
        in folder: String, on volume: Storage, wall: UInt64, newWorkspace: () -> WorkspaceID
    ) throws(JournalError) -> (journal: Journal, state: HubState) {
        let path = folder + "/journal"
        let kept: [UInt8]
        do throws(VolumeError) { kept = try volume.exists(path) ? try volume.wholeFile(path) : [] } catch { throw .volume(error) }
        guard let (workspace, records) = kept.isEmpty ? (newWorkspace(), []) : read(kept) else { throw .damaged(file: path) }
        let state = HubState(records)
        let text = heading(workspace) + [0x0A] + line(state.records(wall: wall))
        do throws(VolumeError) {
            try volume.replaceFile(path, by: path + ".unfinished", in: folder, with: text)
            let file = try volume.open(path, .readingAndWriting)
            return (Journal(workspace, volume, file, offset: text.count), state)
        } catch { throw .volume(error) }
    }

    /// What the devices of a hub's workspace have signed, without opening it; nil for a folder that is none.
    package static func signatures(in folder: String, on volume: Storage) throws(JournalError) -> DeviceSignatures? {
        let path = folder + "/journal"
        let kept: [UInt8]
        do throws(VolumeError) {
            guard try volume.exists(path) else { return nil }
            kept = try volume.wholeFile(path)
        } catch { throw .volume(error) }
        guard let (workspace, records) = read(kept) else { throw .damaged(file: path) }
        return DeviceSignatures(workspace: workspace, HubState(records).signatures)
    }

    private init(_ workspace: WorkspaceID, _ volume: Storage, _ file: Storage.File, offset: Int) {
        self.workspace = workspace
        self.volume = volume
        self.file = file
        self.offset = offset
    }

    deinit { volume.close(file) }

    /// Makes records durable.
    package func append(_ records: [HubRecord]) throws(VolumeError) { try append(lists: [records]) }

    /// Makes the records of several lists durable, all of them together.
    package func append(lists: [[HubRecord]]) throws(VolumeError) {
        let records = lists.flatMap(\.self)
        guard !records.isEmpty else { return }
        // One line: of several a power loss could keep a later one and tear one before it, which would look like damage.
        let line = Self.line(records)
        try volume.writeWhole(file, at: offset, line)
        try volume.syncData(file)
        offset += line.count
    }

    // MARK: - Text

    private static func heading(_ workspace: WorkspaceID) -> [UInt8] {
        let words = Array((magic + Hexadecimal.text(workspace.bytes)).utf8)
        return words + Array(" \(checksum(words))".utf8)
    }

    private static func line(_ records: [HubRecord]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginArray()
        for record in records { record.write(to: &writer) }
        writer.endArray()
        return Array("\(checksum(writer.bytes)) ".utf8) + writer.bytes + [0x0A]
    }

    private static func checksum(_ bytes: [UInt8]) -> String {
        Hexadecimal.text(Checksum.of(bytes))
    }

    /// nil when the text is damaged.
    private static func read(_ text: [UInt8]) -> (WorkspaceID, [HubRecord])? {
        var lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)[...]
        guard let first = lines.popFirst(), let bytes = Hexadecimal.bytes(first.dropFirst(magic.utf8.count).prefix(32)), bytes.count == 16
        else { return nil }
        let workspace = WorkspaceID(bytes: bytes)
        guard first.elementsEqual(heading(workspace)) else { return nil }
        var records: [HubRecord] = []
        while let line = lines.popFirst() {
            if let read = self.records(line) {
                records += read
            } else {
                let isInterrupted = lines.isEmpty || line.contains(0) && lines.allSatisfy(\.isEmpty)
                guard isInterrupted else { return nil }
            }
        }
        return (workspace, records)
    }

    private static func records(_ line: ArraySlice<UInt8>) -> [HubRecord]? {
        guard line.count > 9 else { return nil }
        let array = Array(line.dropFirst(9))
        guard line.prefix(9).elementsEqual("\(checksum(array)) ".utf8), let items = (try? JSONValue(json: array))?.items else { return nil }
        let records = items.compactMap { HubRecord(json: $0) }
        return records.count == items.count ? records : nil
    }
}

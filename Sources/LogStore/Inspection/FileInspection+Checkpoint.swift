internal import EventCore

extension FileInspection {
    /// Header and sections of a checkpoint.
    func inspectCheckpoint() {
        let header: CheckpointHeader
        do throws(CheckpointProblem) {
            header = try CheckpointHeader(reading: Array(bytes.prefix(CheckpointHeader.sizeBytes)), fileBytes: bytes.count)
        } catch {
            switch error {
            case .newerFormat(let version): add(0, "checkpoint version \(version), NEWER FORMAT")
            case .damaged(let offset): add(0, "checkpoint DAMAGED at byte \(offset)")
            case .olderFormat(let version): add(0, "checkpoint version \(version), older than this program uses")
            case .otherLog, .unusable, .unreadable: add(0, "checkpoint DAMAGED")
            }
            return
        }
        add(0, "checkpoint version \(bytes.number(at: 8, as: UInt16.self)), readable from \(bytes.number(at: 10, as: UInt16.self))")
        add("store \(header.storeID), position \(header.end.position.index)")
        add("bound to segment \(header.end.segment), digest \(header.end.digest)")
        let table = Array(bytes[header.tableOffset...])
        var piece = 0
        for section in header.sections {
            var damaged: [Int] = []
            let end = section.offset + section.paddedBytes
            for start in stride(from: section.offset, to: end, by: CheckpointHeader.pieceBytes) {
                let content = Array(bytes[start..<min(start + CheckpointHeader.pieceBytes, end)])
                if Checksum.of(content) != table.number(at: piece * 4, as: UInt32.self) { damaged.append(start) }
                piece += 1
            }
            let verdict = damaged.isEmpty ? "ok" : "DAMAGED from \(damaged.map(String.init).joined(separator: ", "))"
            add(section.offset, "section of \(section.sizeBytes) bytes, \(section.pieceCount) checksums \(verdict)")
        }
        let verdict = Checksum.of(table) == header.tableChecksum ? "ok" : "DAMAGED"
        add(header.tableOffset, "\(piece) checksums, their own \(Hexadecimal.text(header.tableChecksum)) \(verdict)")
    }
}

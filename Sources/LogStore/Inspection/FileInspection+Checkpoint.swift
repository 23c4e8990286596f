internal import EventCore

extension FileInspection {
    /// Header and sections of a checkpoint.
    mutating func inspectCheckpoint() {
        let header: CheckpointHeader
        do throws(CheckpointProblem) {
            header = try CheckpointHeader(reading: Array(bytes.prefix(CheckpointHeader.sizeBytes)), fileBytes: bytes.count)
        } catch {
            switch error {
            case .newerFormat(let version): add(0, "checkpoint version \(version), NEWER FORMAT")
            case .damaged(let offset): add(0, "checkpoint DAMAGED at byte \(offset)")
            case .otherLog, .unreadable: add(0, "checkpoint DAMAGED")
            }
            return
        }
        add(0, "checkpoint version \(bytes.number(at: 8, as: UInt16.self)), readable from \(bytes.number(at: 10, as: UInt16.self))")
        add("store \(header.storeID), position \(header.end.position.index)")
        add("bound to segment \(header.end.segment), digest \(header.end.digest)")
        for section in header.sections {
            let content = Array(bytes[section.offset..<(section.offset + section.sizeBytes)])
            let verdict = Checksum.of(content) == section.checksum ? "ok" : "DAMAGED"
            add(section.offset, "section of \(section.sizeBytes) bytes, checksum \(section.checksum.hexadecimal) \(verdict)")
        }
    }
}

internal import EventCore
internal import SyncClient
internal import SyncCore

/// What is said above the line, in words: what happened, and what to do about it.
struct NoticeText {
    let hub: String
    let name: (DeviceID) -> String

    private static let namedDevices = 3
    private static let namedRecords = 3
    private static let valueColumns = 60

    func text(_ notice: SyncNews.Notice) -> String {
        switch notice {
        case .arrived(let arrival):
            return "\(Sentences.count(arrival.eventCount, "new event")) from \(devices(arrival))" + Self.conflicts(arrival)
        case .critical(let event):
            return "urgent from \(name(event.dot.device)): \(Arguments.shown(event.key))\(Self.content(event))"
        case .everybodyHas(let dot): return "every device has your urgent event \(name(dot.device)):\(dot.seq)"
        case .standing(let standing): return text(standing)
        case .warning(let warning): return WarningWords.sentence(warning, name)
        }
    }

    private func text(_ standing: SyncNews.Standing) -> String {
        switch standing {
        case .good: "the hub is back; everything is there and here"
        case .withholding(let count):
            "\(Sentences.count(count, "event")) here the hub does not have, and this device, a reader, may not give: export the events and import them on a device that may"
        case .offline: "the hub \(hub) cannot be reached; what is written here is kept, and sent when it is back"
        case .refused(let code): "the hub answers “\(code.rawValue)”; \(AdviceWords.sentence(Advice(for: code)))"
        case .blocked(let reason):
            "\(StateWords.words(.blocked(reason)).why ?? "syncing is blocked"); \(AdviceWords.sentence(Advice(for: .blocked(reason))))"
        }
    }

    /// `laptop`, `laptop and phone`, `5 devices`.
    private func devices(_ arrival: Arrival) -> String {
        guard arrival.counts.count <= Self.namedDevices else { return "\(arrival.counts.count) devices" }
        let names = arrival.counts.keys.sorted().map(name)
        return names.count < 2 ? names.joined() : names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
    }

    /// `, 1 new conflict: notes/trip`
    private static func conflicts(_ arrival: Arrival) -> String {
        let count = max(arrival.conflicts.count, arrival.conflictsMore)
        if count > 0 {
            let names = arrival.conflicts.prefix(namedRecords).map { Arguments.shown($0) } + (count > namedRecords ? ["…"] : [])
            return ", \(Sentences.count(count, "new conflict"))" + (names.isEmpty ? "" : ": " + names.joined(separator: ", "))
        }
        return arrival.conflictsMore < 0 ? ", \(Sentences.count(-arrival.conflictsMore, "conflict")) settled" : ""
    }

    /// ` title = "lake", days is removed`
    private static func content(_ event: Event) -> String {
        guard case .write(let set, let unset) = event.body else { return " is deleted" }
        let words = set.map { "\($0.field.text) = \($0.value)" } + unset.map { "\($0.text) is removed" }
        return " " + Printable.cut(words.joined(separator: ", "), to: valueColumns)
    }
}

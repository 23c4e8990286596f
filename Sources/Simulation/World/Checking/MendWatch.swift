package import EventCore

/// What mending makes of a store's events: none is lost, and what saw what before sees it afterwards.
package enum MendWatch {
    /// - Parameters:
    ///   - old: the log that is given up, in its order.
    ///   - new: the log that takes its place, and what waits there.
    ///   - former: the identity that is given up.
    ///   - device: the new one.
    /// - Returns: how many events were issued anew.
    package static func check(old: [Event], new: [Event], former: DeviceID, device: DeviceID) throws(Violation) -> Int {
        let (kept, issued) = (Set(new), new.filter { $0.dot.device == device }.sorted { $0.dot.seq < $1.dot.seq })
        if let lost = old.first(where: { $0.dot.device != former && !kept.contains($0) }) {
            throw Violation(.acknowledgedIsPresent, "mending lost \(lost.dot)")
        }
        let withdrawn = old.filter { $0.dot.device == former && !kept.contains($0) }
        guard withdrawn.count == issued.count else {
            throw Violation(.acknowledgedIsPresent, "mending made \(issued.count) events of \(withdrawn.count)")
        }
        var images: [Dot: Event] = [:]
        for (event, anew) in zip(withdrawn, issued) {
            guard
                anew.key == event.key, anew.body == event.body, anew.time == event.time, anew.kind == event.kind, anew.note == event.note,
                anew.isCritical == event.isCritical
            else { throw Violation(.acknowledgedIsPresent, "mending made something else of \(event.dot): \(anew.dot)") }
            images[event.dot] = anew
        }
        // Of the twin's events, which the old log has not, it has seen what others had seen whose events it had seen.
        let (known, strangers) = (Set(old), new.filter { $0.dot.device == former })
        for event in withdrawn {
            guard let anew = images[event.dot] else { continue }
            for other in old where other.key == event.key && other.dot != event.dot {
                guard sees(event, other.dot) == sees(anew, images[other.dot]?.dot ?? other.dot) else {
                    throw Violation(.causalOrder, "\(anew.dot) was \(event.dot), and sees \(other.dot) otherwise")
                }
            }
            let seen = old.filter { $0.key == event.key && $0.dot.device != former && sees(event, $0.dot) }
            let unseen = strangers.first { stranger in
                stranger.key == event.key && !known.contains(stranger) && sees(anew, stranger.dot)
                    && !seen.contains { sees($0, stranger.dot) }
            }
            if let stranger = unseen {
                throw Violation(.causalOrder, "\(anew.dot) was \(event.dot), and claims to have seen the twin's \(stranger.dot)")
            }
        }
        return issued.count
    }

    private static func sees(_ event: Event, _ dot: Dot) -> Bool {
        event.context.entries.contains { $0.device == dot.device && $0.seq >= dot.seq }
    }
}

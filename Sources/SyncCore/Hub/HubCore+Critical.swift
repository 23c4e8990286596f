internal import EventCore

/// Critical events: at once to every device, again until it says that it has them, and word of it to the writer.
extension HubCore {
    /// Takes note of accepted critical events and sends them out.
    mutating func note(_ events: [CriticalEvent]) {
        for event in events where event.position >= state.noted {
            let recipients = state.activeDevices.filter { !isWriter($0.id, of: event) && $0.enrolledAt <= event.position }.map(\.id)
            guard !recipients.isEmpty else { continue }
            keep(.critical(event, recipients: recipients))
            for device in recipients { deliver(event, to: device) }
            tellWriter(of: event.position)
        }
        // Without critical events it is noted now and then only: a hub that starts looks for them from here on.
        if !events.isEmpty || log.end.index - state.noted.index >= Self.notedEvery { keep(.noted(log.end)) }
    }

    private static var notedEvery: UInt64 { 65_536 }

    /// Whether a device wrote the event, under this id or the one before a fork was mended.
    func isWriter(_ device: DeviceID, of event: CriticalEvent) -> Bool {
        device == event.dot.device || state.devices[device]?.formerly == event.dot.device
    }

    /// The first attempt since the device connected; nothing while it is not connected.
    mutating func deliver(_ event: CriticalEvent, to device: DeviceID) {
        guard let index = sessions.index(of: device) else { return }
        attempt(event, index)
    }

    /// The next attempt, or the promise of it where the socket has not taken enough of what it was sent.
    private mutating func attempt(_ event: CriticalEvent, _ index: Int) {
        let count = (sessions.all[index].attempts[event.position]?.count ?? 0) + 1
        guard sessions.all[index].queue.hasRoom(limits) else {
            sessions.all[index].attempts[event.position]?.nextAt = nil
            return sessions.all[index].hold(.delivery(event.position))
        }
        let delays = limits.redeliveryMilliseconds
        let next = count <= delays.count ? now.milliseconds + delays[count - 1] : nil
        sessions.all[index].attempts[event.position] = HubSession.Attempts(count: count, nextAt: next, isLast: next == nil)
        if let next { plan(at: next) }
        let isSmall = event.byteCount + Self.frameBytes <= limits.messageBytes
        send(
            .criticalEvent(
                Delivery(id: event.position, dot: event.dot, attempt: count, includesEvent: isSmall, byteCount: event.byteCount)),
            to: sessions.all[index].connection)
    }

    /// Sends what was held, as far as there is room.
    mutating func sendHeld(to connection: ConnectionID) {
        while let index = sessions.index(of: connection), let held = sessions.all[index].release(limits) {
            switch held {
            case .delivery(let delivery):
                guard let critical = state.openCritical[delivery], critical.pending.contains(sessions.all[index].device) else { continue }
                attempt(critical.event, index)
            case .word(let delivery): tellWriter(of: delivery)
            }
        }
    }

    /// What a message has around an event, and more than that.
    private static var frameBytes: Int { 1024 }

    /// Sends again what is due.
    mutating func redeliver() {
        for connection in sessions.all.filter({ !$0.attempts.isEmpty }).map(\.connection) {
            guard let index = sessions.index(of: connection) else { continue }
            let due = sessions.all[index].attempts.filter { $0.value.nextAt.map { $0 <= now.milliseconds } ?? false }
            for delivery in due.keys.sorted() {
                // Sending may close a slow reader.
                guard let index = sessions.index(of: connection) else { break }
                guard let critical = state.openCritical[delivery] else {
                    sessions.all[index].attempts[delivery] = nil
                    continue
                }
                attempt(critical.event, index)
            }
        }
    }

    mutating func acknowledge(_ delivery: DeliveryID, _ outcome: AcknowledgementOutcome, by device: DeviceID) {
        guard state.openCritical[delivery]?.pending.contains(device) == true else { return }
        let index = sessions.index(of: device)
        switch outcome {
        case .later:
            if let index { sessions.all[index].attempts[delivery]?.nextAt = nil }
        case .done, .refused:
            if let index { sessions.all[index].attempts[delivery] = nil }
            keep(.ended(delivery, device))
            tellWriter(of: delivery)
        }
    }

    /// Tells the writer who has the event and who has not; when all have and it is told, or it is not one of ours, that is the end of it.
    mutating func tellWriter(of delivery: DeliveryID) {
        guard let critical = state.openCritical[delivery] else { return }
        let writers = state.activeDevices.filter { isWriter($0.id, of: critical.event) }
        var isTold = writers.isEmpty
        for writer in writers {
            guard let index = sessions.index(of: writer.id) else { continue }
            guard sessions.all[index].queue.hasRoom(limits) else {
                sessions.all[index].hold(.word(delivery))
                continue
            }
            isTold = true
            send(
                .acknowledged(critical.event.dot, by: critical.ended.sorted(), missing: critical.pending),
                to: sessions.all[index].connection)
        }
        if isTold && critical.pending.isEmpty { keep(.criticalClosed(delivery)) }
    }
}

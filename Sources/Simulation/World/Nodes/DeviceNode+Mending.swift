internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import SyncCore

/// Writing on under another identity, where others hold other events under the device's own: what `Mending` does, over the world's network and disk. Nothing goes wrong between device and hub meanwhile but that one of them falls.
extension DeviceNode {
    private static var patienceMilliseconds: UInt64 { 60_000 }

    /// Mends the store if the device was told that it has a twin; when nothing comes of it, it is as it was.
    func mend() throws {
        guard case .blocked(.fork(id)) = process?.status?.state, hub.isUp, let process, try process.close() else { return }
        self.process = nil
        world.note("\(name) is mended")
        let new = try machine.volume.undisturbed { try begin(world.newDevice()) }
        let mending = mendings
        world.after(Self.patienceMilliseconds) { [self] in
            guard mendings == mending, self.process == nil else { return }
            try start()
        }
        let code = world.secret()
        try hub.process?.call(.invite(code: code, plan.role, lifetimeMilliseconds: nil)) { _, _ in }
        let enrolment = Enrolment(
            device: new.device, code: code, name: name, publicKey: Self.key(of: new.device), chain: ChainHead(emptyChainOf: new.device),
            formerly: id)
        try hub.process?.call(.enrol(enrolment, random: world.secret())) { [self] reply, _ in
            guard case .enrolled(_, _, let token, _) = reply else { return }
            try pull(from: nil, into: new, token, mending)
        }
    }

    /// Pulls everything that the hub has, page by page.
    private func pull(from cursor: [UInt8]?, into new: Replica<FaultyVolume>, _ token: Secret, _ mending: Int) throws {
        guard mendings == mending, process == nil, !isRetired else { return }
        try hub.process?.call(.pull(PullRequest(cursor: cursor, limit: 1_000), token: token)) { [self] reply, body in
            guard mendings == mending, process == nil, !isRetired else { return }
            guard case .pulled(let answer) = reply else {
                return world.after(1_000) { [self] in try pull(from: cursor, into: new, token, mending) }
            }
            try machine.volume.undisturbed { _ = try new.takeIn(try body.events(limit: 1_000)) }
            if answer.hasMore { return try pull(from: answer.cursor.bytes, into: new, token, mending) }
            try handOver(to: new, token)
        }
    }

    private func handOver(to new: Replica<FaultyVolume>, _ token: Secret) throws {
        try machine.volume.undisturbed {
            let old = try Replica.open(in: folder, on: machine.volume, access: .reading, options: options)
            let outcome = try Reissue.handOver(from: old, to: new)
            let count = try MendWatch.check(
                old: try old.allEvents(), new: try new.allEvents() + new.waitingEvents, former: id, device: new.device)
            guard count == outcome.reissued, outcome.leftOut.isEmpty else {
                throw Violation(
                    .acknowledgedIsPresent,
                    "\(name): \(outcome.reissued) events issued anew, \(count) are; left out are \(outcome.leftOut.map(\.dot))")
            }
            world.reach(.mended)
            if count > 0 { world.reach(.issuedAnew) }
            try new.close()
        }
        become(new.device, token)
        try start()
    }
}

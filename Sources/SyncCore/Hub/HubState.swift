package import EventCore

/// What a hub keeps besides the log: the fold of its records. Nothing else of a hub outlives its process.
package struct HubState: Hashable, Sendable {
    /// A one-time code.
    package struct Code: Hashable, Sendable {
        package let role: Role
        package let expiresAt: UInt64
        package fileprivate(set) var spentBy: DeviceID?
    }

    /// Whose a token is, and until when.
    package struct Token: Hashable, Sendable {
        package let device: DeviceID
        package let expiresAt: UInt64
    }

    /// A critical event that somebody has not ended, or whose writer does not know yet.
    package struct OpenCritical: Hashable, Sendable {
        package let event: CriticalEvent
        /// Who has not ended it, sorted.
        package fileprivate(set) var pending: [DeviceID]
        /// Who has, in that order.
        package fileprivate(set) var ended: [DeviceID]
    }

    /// Events that a device handed on without a signature.
    package struct Vouched: Hashable, Sendable {
        package fileprivate(set) var run: DeviceRun
        package let voucher: DeviceID
    }

    package private(set) var codes: [Hash256: Code] = [:]
    package private(set) var devices: [DeviceID: EnrolledDevice] = [:]
    package private(set) var tokens: [Hash256: Token] = [:]
    package private(set) var grants = EpochGrants()
    package private(set) var openCritical: [DeliveryID: OpenCritical] = [:]
    /// Each device's newest signature.
    package private(set) var signedHeads: [DeviceID: SignedHead] = [:]
    package private(set) var vouched: [Vouched] = []
    /// Critical events before this position are noted.
    package private(set) var noted = Position(0)

    package init() {}

    /// The state that a journal's records make.
    package init(_ records: some Sequence<HubRecord>) {
        for record in records { apply(record) }
    }

    /// The newest epoch; 0 before the first.
    package var epoch: UInt64 { grants.newest }

    package mutating func apply(_ record: HubRecord) {
        switch record {
        case .codeIssued(let hash, let role, let expiresAt): codes[hash] = Code(role: role, expiresAt: expiresAt)
        case .codeSpent(let hash, let device): codes[hash]?.spentBy = device
        case .enrolled(let device): devices[device.id] = device
        case .revoked(let device, let position): revoke(device, at: position)
        case .tokenIssued(let hash, let device, let expiresAt): tokens[hash] = Token(device: device, expiresAt: expiresAt)
        case .epochGranted(let device): grants.grant(to: device)
        case .epochsForgotten(let count, let doubted): grants.passOver(count, doubting: doubted)
        case .critical(let event, let recipients):
            openCritical[event.position] = OpenCritical(event: event, pending: recipients.sorted(), ended: [])
        case .ended(let delivery, let device): end(delivery, device)
        case .criticalClosed(let delivery): openCritical[delivery] = nil
        case .signedHead(let head): signedHeads[head.head.dot.device] = head
        case .vouched(let run, let voucher): vouch(run, voucher)
        case .noted(let position): noted = position
        }
    }

    /// The same state in as few records, without codes and tokens that have expired: a journal may begin with them.
    package func records(wall: UInt64) -> [HubRecord] {
        var records: [HubRecord] = []
        for (hash, code) in codes.sorted(by: { $0.key < $1.key }) where code.expiresAt > wall {
            records.append(.codeIssued(hash, code.role, expiresAt: code.expiresAt))
            if let device = code.spentBy { records.append(.codeSpent(hash, by: device)) }
        }
        records += devices.values.sorted { $0.id < $1.id }.map { .enrolled($0) }
        for (hash, token) in tokens.sorted(by: { $0.key < $1.key }) where token.expiresAt > wall {
            records.append(.tokenIssued(hash, token.device, expiresAt: token.expiresAt))
        }
        records += grants.records
        for critical in openCritical.values.sorted(by: { $0.event.position < $1.event.position }) {
            records.append(.critical(critical.event, recipients: (critical.pending + critical.ended).sorted()))
            records += critical.ended.map { .ended(critical.event.position, $0) }
        }
        records += signedHeads.values.sorted { $0.head.dot < $1.head.dot }.map { .signedHead($0) }
        records += vouched.map { .vouched($0.run, by: $0.voucher) }
        return records + [.noted(noted)]
    }

    /// The devices that are enrolled and not revoked, sorted.
    var activeDevices: [EnrolledDevice] { devices.values.filter { $0.revokedAt == nil }.sorted { $0.id < $1.id } }

    /// What all devices have signed.
    package var signatures: [DeviceSignature] { signedHeads.keys.sorted().compactMap { signature(of: $0) } }

    /// What a device has signed last.
    func signature(of device: DeviceID) -> DeviceSignature? {
        guard let signed = signedHeads[device], let signature = signed.signature, let known = devices[device] else { return nil }
        return DeviceSignature(head: signed.head, signature: signature, publicKey: known.publicKey)
    }

    /// Open critical events, oldest first.
    var sortedCritical: [OpenCritical] { openCritical.values.sorted { $0.event.position < $1.event.position } }

    private mutating func revoke(_ device: DeviceID, at position: Position) {
        devices[device]?.revokedAt = position
        for delivery in openCritical.keys { openCritical[delivery]?.pending.removeAll { $0 == device } }
    }

    private mutating func end(_ delivery: DeliveryID, _ device: DeviceID) {
        guard let index = openCritical[delivery]?.pending.firstIndex(of: device) else { return }
        openCritical[delivery]?.pending.remove(at: index)
        openCritical[delivery]?.ended.append(device)
    }

    private mutating func vouch(_ run: DeviceRun, _ voucher: DeviceID) {
        if let last = vouched.last, last.voucher == voucher, last.run.device == run.device,
            last.run.seqs.upperBound + 1 == run.seqs.lowerBound
        {
            vouched[vouched.count - 1].run = DeviceRun(device: run.device, seqs: last.run.seqs.lowerBound...run.seqs.upperBound)
        } else {
            vouched.append(Vouched(run: run, voucher: voucher))
        }
    }
}

/// Which events of the audit trail are wanted; nil and false want all.
package struct AuditFilter: Hashable, Sendable {
    /// Milliseconds since 1970, both included.
    package var since: UInt64?
    package var until: UInt64?
    package var device: DeviceID?
    package var kind: EventKind?
    package var collection: Name?
    /// Events that wrote this field, and deletes.
    package var field: Name?
    package var criticalOnly = false

    package init() {}

    /// What a device wrote.
    package init(of device: DeviceID, criticalOnly: Bool = false) { (self.device, self.criticalOnly) = (device, criticalOnly) }

    /// Whether it wants all events.
    package var wantsAll: Bool { self == AuditFilter() }

    package func passes(_ row: BlockReader.Row) -> Bool {
        guard passes(at: row.time.milliseconds) else { return false }
        if let device, row.dot.device != device { return false }
        if let kind, row.kind != kind { return false }
        if let collection, row.key.collection != collection { return false }
        if let field, case .write(let set, let unset) = row.body, !set.contains(where: { $0.field == field }), !unset.contains(field) {
            return false
        }
        return !criticalOnly || row.isCritical
    }

    /// Whether its times let through what was written then.
    func passes(at milliseconds: UInt64) -> Bool { milliseconds >= since ?? 0 && milliseconds <= until ?? .max }
}

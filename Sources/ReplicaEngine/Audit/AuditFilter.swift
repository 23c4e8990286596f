package import EventCore

/// Which events of the audit trail are wanted; nil and false want all.
package struct AuditFilter: Sendable {
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

    package func passes(_ row: BlockReader.Row) -> Bool {
        if let since, row.time.milliseconds < since { return false }
        if let until, row.time.milliseconds > until { return false }
        if let device, row.dot.device != device { return false }
        if let kind, row.kind != kind { return false }
        if let collection, row.key.collection != collection { return false }
        if let field, row.body != .delete, !row.fields.contains(field) { return false }
        return !criticalOnly || row.isCritical
    }

    /// Whether an event of a block may pass.
    func mayPass(_ block: BlockGlance) -> Bool {
        if let since, block.latest < since { return false }
        if let collection, !block.collections.contains(collection) { return false }
        if let field, !block.hasDeletes, !block.fields.contains(field) { return false }
        return mayPass(block.traits)
    }

    /// Whether one of some events may pass that were written between these times.
    func mayPass(_ times: ClosedRange<UInt64>, _ traits: EventTraits) -> Bool {
        if let since, times.upperBound < since { return false }
        if let until, times.lowerBound > until { return false }
        return mayPass(traits)
    }

    private func mayPass(_ traits: EventTraits) -> Bool {
        if let kind, !traits.has(kind) { return false }
        return !criticalOnly || traits.hasExtras
    }
}

/// What workload W remembers of a record besides its clock.
struct WorkloadRecord: Sendable {
    /// The fields that its newest event wrote, one bit each.
    var newestFields: UInt64 = 0
    /// The fields in conflict, one bit each.
    var contested: UInt64 = 0
    /// The clock's entry of `newestDevice` before the newest event.
    var seqBeforeNewest: UInt32 = 0
    /// The writer of the newest event.
    var newestDevice: UInt16 = 0
    /// Whether there is an event, and the newest one had seen all others, and nothing is contested.
    var canFork = false
}

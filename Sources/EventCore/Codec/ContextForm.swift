/// How a row writes its event's context.
package enum ContextForm: Hashable, Sendable {
    /// Whole: each device and seq.
    case whole(VersionVector)
    /// By head dots: the join of the heads' own contexts and dots. A log writes this only where these are all of the record's heads
    /// at that position and the join is the record's clock, so replaying needs no look-up.
    case heads([Dot])
}

/// An event's index in one store's log, counted from 0. `Position(n)` is also "after n events".
public struct Position: Hashable, Comparable, Sendable {
    /// How many events of the log lie before it.
    public let index: UInt64

    /// The position after `index` events.
    public init(_ index: UInt64) { self.index = index }

    /// Earlier in the log comes first.
    public static func < (left: Self, right: Self) -> Bool { left.index < right.index }
}

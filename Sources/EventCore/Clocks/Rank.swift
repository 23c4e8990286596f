/// What decides which entry of a contested field is shown: time, tick, device bytes, seq. Greatest wins.
public struct Rank: Hashable, Comparable, Sendable {
    /// The event's time.
    public let time: HybridTime
    /// The event's name.
    public let dot: Dot

    /// The rank of event `dot` written at `time`.
    public init(time: HybridTime, dot: Dot) {
        self.time = time
        self.dot = dot
    }

    /// By time, tick, device bytes, seq.
    public static func < (left: Self, right: Self) -> Bool {
        left.time == right.time ? left.dot < right.dot : left.time < right.time
    }
}

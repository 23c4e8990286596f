/// How two version vectors stand to each other. A partial order, hence no `Comparable`.
public enum CausalOrder: Sendable, Hashable {
    /// Both cover each other.
    case equal
    /// The left one is covered by the right one.
    case before
    /// The left one covers the right one.
    case after
    /// Neither covers the other.
    case concurrent
}

/// Every limit of the format, in one place.
public enum Limits {
    /// Bytes of a collection's, record's or field's name.
    public static let nameBytes = 255
    /// Bytes of an event's canonical JSON.
    public static let eventBytes = 256 * 1024
    /// Bytes of a note.
    public static let noteBytes = 1024
    /// Nesting of arrays and objects in a value.
    public static let valueDepth = 64
    /// Times lie below this.
    public static let timeMilliseconds: UInt64 = 1 << 48
    /// A seen time further ahead of the wall clock does not pull a store's clock along: 24 h.
    public static let clockSkewMilliseconds: UInt64 = 24 * 60 * 60 * 1000
    /// The highest seq that the JSON form can name.
    public static let seq: UInt64 = UInt64(Int64.max)
    /// The highest seq, and the number of events, that a store folds: tables index with 32 bits.
    public static let foldedSeq: UInt64 = UInt64(UInt32.max) - 1
}

internal import EventCore

/// What a collection, a record, a field, or a member of an object is called: text, compared byte by byte.
///
/// Not a `String`, because `String` calls texts equal that Unicode can spell in two ways, and a store keeps them apart. Collections, records and fields
/// have 1 to 255 bytes of UTF-8; a call that is given another name throws `.invalid`.
public struct Name: Hashable, Comparable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The name as it was given.
    public let text: String

    /// A name of any text.
    public init(_ text: String) { self.text = text }

    /// A name that stands in the source.
    public init(stringLiteral text: String) { self.text = text }

    /// The text.
    public var description: String { text }

    /// Whether the bytes are the same.
    public static func == (left: Name, right: Name) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    /// Ordered byte by byte; a prefix comes first.
    public static func < (left: Name, right: Name) -> Bool { left.text.utf8.lexicographicallyPrecedes(right.text.utf8) }

    /// Hashes all bytes.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(text.utf8.count)
        for byte in text.utf8 { hasher.combine(byte) }
    }

    init(_ name: EventCore.Name) { text = name.text }

    /// - Throws: `.invalid`
    func checked() throws(SynclineError) -> EventCore.Name {
        do throws(EventError) { return try EventCore.Name(text) } catch { throw SynclineError(error) }
    }
}

extension FieldValue {
    /// The canonical form of one JSON value (RFC 8259), with white space around it or not.
    ///
    /// - Throws: a `JSONError` that names the place; `line` is the number of the first line.
    public init(json: some Sequence<UInt8>, line: Int = 1) throws(JSONError) {
        self = try Array(json).withUnsafeBufferPointer { (bytes) throws(JSONError) in try FieldValue(json: bytes, line: line) }
    }

    /// The same from borrowed bytes.
    package init(json bytes: UnsafeBufferPointer<UInt8>, line: Int = 1) throws(JSONError) {
        var scanner = JSONScanner(bytes, line: line)
        var canonicalizer = JSONCanonicalizer()
        scanner.skipWhitespace()
        self = try canonicalizer.value(&scanner)
        try scanner.end()
    }

    /// Whether the bytes are one value in canonical form and nothing else: for bytes of others that claim to be.
    package static func isCanonical(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var scanner = JSONScanner(bytes, line: 1)
        var canonicalizer = JSONCanonicalizer()
        do { return try canonicalizer.skip(&scanner) && scanner.offset == bytes.count } catch { return false }
    }

    /// A string; lone surrogates cannot be in it.
    public init(text: some StringProtocol) {
        var writer = JSONWriter()
        writer.string(text.utf8)
        self.init(uncheckedCanonical: writer.bytes)
    }

    /// An integer.
    public init(integer: Int64) { self.init(uncheckedCanonical: Array(String(integer).utf8)) }

    /// `true` or `false`.
    public init(boolean: Bool) { self.init(uncheckedCanonical: Array((boolean ? "true" : "false").utf8)) }

    /// A double; nil for NaN and the infinities, which JSON does not have.
    public init?(number: Double) {
        guard number.isFinite else { return nil }
        self.init(uncheckedCanonical: CanonicalNumber.form(of: number))
    }
}

package import EventCore

/// A problem document (RFC 9457) without its sentences.
package struct Problem: Hashable, Sendable, Error {
    package var code: ProblemCode
    package var retryAfterMilliseconds: UInt64?
    /// With `gap`, the event that has to come next.
    package var expected: Dot?

    package init(_ code: ProblemCode, retryAfterMilliseconds: UInt64? = nil, expected: Dot? = nil) {
        self.code = code
        self.retryAfterMilliseconds = retryAfterMilliseconds
        self.expected = expected
    }
}

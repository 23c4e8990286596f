/// So much a second, and some of it saved up: a token bucket.
struct RateLimit {
    private let perSecond: Double
    private let atOnce: Double
    private var saved: Double
    private var since: UInt64

    init(perSecond: Int, atOnce: Int, now: UInt64) {
        (self.perSecond, self.atOnce) = (Double(perSecond), Double(atOnce))
        saved = Double(atOnce)
        since = now
    }

    /// Spends `amount`, into debt if there is anything saved at all, so that a large one is never impossible.
    ///
    /// - Returns: nil, or in how many milliseconds it may be tried again; then nothing was spent.
    mutating func spend(_ amount: Int, now: UInt64) -> UInt64? {
        saved = min(atOnce, saved + Double(now - since) * perSecond / 1000)
        since = now
        guard saved > 0 || amount == 0 else { return UInt64(-saved / perSecond * 1000) + 1 }
        saved -= Double(amount)
        return nil
    }
}

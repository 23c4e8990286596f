package import EventCore
internal import SyncCore

/// A device's cursor: it goes on as long as nobody put a hub or the device back, and is never ahead of what the device has.
package struct CursorWatch {
    private let place: String
    private var last: Cursor?

    package init(_ place: String) { self.place = place }

    /// Somebody put the device's folder or the hub's back: anything goes from here on.
    package mutating func forget() { last = nil }

    /// - Parameters:
    ///   - bytes: what the session saved; nil where it gave the cursor up.
    ///   - mayGoBack: whether the hub was put back since it gave the cursor before.
    ///   - order: the hub's log; nil when the hub was put back since it gave this one.
    package mutating func saved(
        _ bytes: [UInt8]?, mayGoBack: Bool, order: [Dot]?, isThere: (Dot) -> Bool
    ) throws(Violation) {
        guard let bytes else {
            guard mayGoBack || last == nil else { throw Violation(.neverBack, "\(place) gave up its cursor, and no hub was put back") }
            last = nil
            return
        }
        guard let cursor = Cursor(bytes: bytes) else { throw Violation(.neverBack, "\(place) saved a cursor that is none") }
        var from = 0
        if let last, last.log == cursor.log {
            guard cursor.position >= last.position || mayGoBack else {
                throw Violation(.neverBack, "\(place) went back from \(last.position.index) to \(cursor.position.index)")
            }
            from = mayGoBack ? 0 : Int(last.position.index)
        }
        last = cursor
        guard let order else { return }
        let end = min(order.count, Int(cursor.position.index))
        for dot in order[min(from, end)..<end] where !isThere(dot) {
            throw Violation(.neverBack, "\(place) saved a cursor at \(cursor.position.index), and has not \(dot)")
        }
    }
}

package import EventCore

/// What happens to a device's session. What belongs to a connection carries its attempt's number; what is of an earlier one is passed over.
package enum DeviceInput: Hashable, Sendable {
    case start
    case stop
    case networkReturned
    /// The store was written to, or is there: once before `start`.
    case wrote(LocalLog)
    /// The socket is open, with a token that is good.
    case opened(attempt: UInt64)
    case openFailed(attempt: UInt64, Failure)
    /// The socket was closed, or broke.
    case closed(attempt: UInt64, Failure)
    case received(attempt: UInt64, HubMessage)
    case pushed(attempt: UInt64, PushResult)
    case pushFailed(attempt: UInt64, Failure)
    /// A page came; the shell holds its events until it is told to take them in.
    case pulled(attempt: UInt64, PulledPage)
    case pullFailed(attempt: UInt64, Failure)
    /// The page's events are durable and folded.
    case tookIn(attempt: UInt64, TakenIn)
    /// The page's blocks do not all fit the records here: those before are taken in, and the page has to be pulled once more, as events. The local log after it.
    case unfit(attempt: UInt64, LocalLog)
    /// A critical event is durable and folded, or will not be.
    case tookInCritical(attempt: UInt64, DeliveryID, AcknowledgementOutcome)
    case tick
}

/// Why a call did not succeed.
package enum Failure: Hashable, Sendable {
    /// No answer: no network, nobody listening, a connection that broke.
    case unreachable
    case problem(Problem)
}

/// How far the device's own store goes.
package struct LocalLog: Hashable, Sendable {
    /// The position after its last event, in its own log.
    package var end: Position
    /// The device's own last seq.
    package var ownSeq: UInt64

    package init(end: Position, ownSeq: UInt64) {
        self.end = end
        self.ownSeq = ownSeq
    }
}

/// An answered push and what it was.
package struct PushResult: Hashable, Sendable {
    package var answer: PushAnswer
    /// The events that were pushed, in order.
    package var events: [DeviceRun]
    /// Every event of the local log before this position is either covered by the order's vector or was pushed.
    package var scannedTo: Position

    package init(answer: PushAnswer, events: [DeviceRun], scannedTo: Position) {
        self.answer = answer
        self.events = events
        self.scannedTo = scannedTo
    }
}

/// A page of a pull, but for its events.
package struct PulledPage: Hashable, Sendable {
    package var cursor: [UInt8]
    /// The hub's position behind the page.
    package var position: Position
    package var head: Position
    package var eventCount: UInt64
    /// The highest event of each device in it.
    package var covers: VersionVector

    package init(cursor: [UInt8], position: Position, head: Position, eventCount: UInt64, covers: VersionVector) {
        self.cursor = cursor
        self.position = position
        self.head = head
        self.eventCount = eventCount
        self.covers = covers
    }
}

/// What became of a page.
package struct TakenIn: Hashable, Sendable {
    /// The local log after it.
    package var log: LocalLog
    /// Events that the store refused, and keeps aside durably.
    package var refused: [Dot]
    /// Whether the page held other events under dots that are here.
    package var forked: [DeviceID]

    package init(log: LocalLog, refused: [Dot] = [], forked: [DeviceID] = []) {
        self.log = log
        self.refused = refused
        self.forked = forked
    }
}

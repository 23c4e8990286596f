/// What a world holds the product to.
package enum Promise: String, Sendable, CaseIterable {
    case acknowledgedIsPresent = "what was acknowledged is there"
    case recoveredIsPrefix = "a recovered log begins with what was there, in that order, and nothing is invented"
    case oneEventPerDot = "a name has one event, and one text, everywhere"
    case causalOrder = "causes come before effects"
    case equalEventsEqualState = "stores with the same events show the same"
    case conflictsAreMaximal = "what is in conflict is what no other event had seen"
    case neverBack = "cursors, epochs and clocks never go back"
    case criticalEverywhere = "a critical event is handed to every device, and is there once"
    case oneMaster = "an epoch has one master, and there is one at a time"
    case replayIsIncremental = "a checkpoint and the log behind it, the log alone, and the store that never stopped are the same"
    case converges = "without faults and new writes everything drains, and all have the same"
    case nothingFailsAlone = "nothing fails where nothing was broken"
    case liesAreRefused = "what no honest store can have written is not taken"
}

/// A promise that did not hold.
package struct Violation: Error, CustomStringConvertible, Sendable {
    package let promise: Promise
    package let what: String

    package init(_ promise: Promise, _ what: String) {
        self.promise = promise
        self.what = what
    }

    package var description: String { "\(promise.rawValue): \(what)" }
}

package import EventCore

/// What became of a pushed event.
package enum Verdict: Hashable, Sendable {
    case accepted(Position)
    case duplicate(Position)
    /// Accepted; the record is in conflict after it.
    case concurrent(Position)
    /// Kept, and accepted without being sent again once what is missing has come.
    case parked
    case rejected(ProblemCode)

    /// The verdict of the `offset`th event of a run that begins with this one: positions go on.
    fileprivate func advanced(by offset: UInt64) -> Verdict {
        switch self {
        case .accepted(let position): .accepted(Position(position.index + offset))
        case .duplicate(let position): .duplicate(Position(position.index + offset))
        case .concurrent(let position): .concurrent(Position(position.index + offset))
        case .parked, .rejected: self
        }
    }
}

/// Events of a push that follow each other and share a verdict; positions go up by one.
package struct VerdictRun: Hashable, Sendable {
    /// Of the first event.
    package let verdict: Verdict
    package private(set) var count: Int

    package init(_ verdict: Verdict, count: Int = 1) {
        self.verdict = verdict
        self.count = count
    }

    /// The verdicts, one an event.
    package var verdicts: some Sequence<Verdict> { (0..<UInt64(count)).lazy.map { verdict.advanced(by: $0) } }

    fileprivate mutating func extend(by number: Int) { count += number }
}

extension [VerdictRun] {
    /// Adds an event's verdict, or that of several whose positions go on, to the last run where it goes on.
    package mutating func append(_ verdict: Verdict, count number: Int = 1) {
        if let last, last.verdict.advanced(by: UInt64(last.count)) == verdict {
            self[count - 1].extend(by: number)
        } else {
            append(VerdictRun(verdict, count: number))
        }
    }
}

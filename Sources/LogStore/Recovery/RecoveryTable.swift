/// What to do with a segment when a log is opened: every state fits exactly one row.
///
/// The same table stands in Recovery.md.
enum RecoveryTable {
    /// A pattern of states and what it calls for.
    struct Row: Sendable {
        var headers: Set<HeaderState> = [.good]
        var roles = Set(SegmentRole.allCases)
        var newest: Set<Bool> = [true, false]
        var tails = Set(TailState.allCases)
        var marks = Set(MarkRelation.allCases)
        var accesses = Set(LogAccess.allCases)
        let decision: RecoveryDecision

        func matches(_ state: SegmentState) -> Bool {
            headers.contains(state.header) && roles.contains(state.role) && newest.contains(state.isNewest)
                && tails.contains(state.tail) && marks.contains(state.mark) && accesses.contains(state.access)
        }
    }

    static let rows: [Row] = [
        Row(headers: [.missing], decision: .refuse(.missingSegment)),
        Row(headers: [.damaged], decision: .refuse(.damagedHeader)),
        Row(headers: [.foreign], decision: .refuse(.foreignSegment)),
        Row(headers: [.newerFormat], decision: .refuse(.newerFormat)),
        Row(roles: [.sealed], tails: [.intact], decision: .keep),
        Row(roles: [.sealed], tails: [.room, .torn, .malformed], decision: .refuse(.damagedTail)),
        Row(roles: [.sealed], tails: [.newerFormat], decision: .refuse(.newerFormat)),
        Row(roles: [.active], newest: [false], decision: .refuse(.unsealedInTheMiddle)),
        Row(roles: [.active], newest: [true], tails: [.newerFormat], decision: .refuse(.newerFormat)),
        Row(roles: [.active], newest: [true], tails: [.malformed], decision: .refuse(.malformedBlock)),
        Row(
            roles: [.active], newest: [true], tails: [.intact, .room, .torn], marks: [.missing],
            decision: .refuse(.noAcknowledgedMark)),
        Row(
            roles: [.active], newest: [true], tails: [.intact, .room, .torn], marks: [.contradicted],
            decision: .refuse(.acknowledgedMarkContradicted)),
        // The end lies below what was acknowledged: a power loss cannot do that.
        Row(
            roles: [.active], newest: [true], tails: [.intact, .room, .torn], marks: [.beyond],
            decision: .refuse(.acknowledgedEventsDamaged)),
        Row(roles: [.active], newest: [true], tails: [.intact, .room], marks: [.reached], decision: .keep),
        // Cutting is safe: what lies above the mark was never acknowledged to anyone.
        Row(
            roles: [.active], newest: [true], tails: [.torn], marks: [.reached], accesses: [.writing],
            decision: .cut),
        Row(
            roles: [.active], newest: [true], tails: [.torn], marks: [.reached], accesses: [.reading],
            decision: .passOver),
    ]

    /// The decision of the one row that matches.
    static func decision(for state: SegmentState) -> RecoveryDecision {
        guard let row = rows.first(where: { $0.matches(state) }) else { preconditionFailure("no row for \(state)") }
        return row.decision
    }
}

/// What the table calls for.
enum RecoveryDecision: Hashable, Sendable {
    /// Everything in the segment stands.
    case keep
    /// Keep the bytes behind the last commit aside and cut them off.
    case cut
    /// Leave the bytes behind the last commit and take it as the end.
    case passOver
    /// Touch nothing and say why.
    case refuse(DamageKind)
}

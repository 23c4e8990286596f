import Testing

@testable import LogStore

@Suite struct RecoveryTableTests {
    static var everyState: [SegmentState] {
        var states: [SegmentState] = []
        for header in HeaderState.allCases {
            for role in SegmentRole.allCases {
                for isNewest in [true, false] {
                    for tail in TailState.allCases {
                        for mark in MarkRelation.allCases {
                            for access in LogAccess.allCases {
                                states.append(
                                    SegmentState(header: header, role: role, isNewest: isNewest, tail: tail, mark: mark, access: access))
                            }
                        }
                    }
                }
            }
        }
        return states
    }

    @Test func `every state fits exactly one row`() {
        #expect(Self.everyState.count == 800)
        for state in Self.everyState {
            #expect(RecoveryTable.rows.filter { $0.matches(state) }.count == 1, "\(state)")
        }
    }

    @Test func `every row is for some state`() {
        for row in RecoveryTable.rows { #expect(Self.everyState.contains { row.matches($0) }, "\(row)") }
    }

    @Test func `only the newest segment that is not sealed is cut, only above the mark, only by a writer`() {
        for state in Self.everyState where RecoveryTable.decision(for: state) == .cut {
            let only = SegmentState(header: .good, role: .active, isNewest: true, tail: .torn, mark: .reached, access: .writing)
            #expect(state == only)
        }
    }

    @Test func `a reader is refused whenever a writer is, and never changes anything`() {
        for state in Self.everyState {
            var other = state
            other.access = state.access == .reading ? .writing : .reading
            let (mine, theirs) = (RecoveryTable.decision(for: state), RecoveryTable.decision(for: other))
            if case .refuse = mine { #expect(mine == theirs, "\(state)") }
            if state.access == .reading { #expect(mine != .cut, "\(state)") }
        }
    }
}

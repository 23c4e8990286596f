import SyncCore
import Testing

/// Who may do what: every action by every caller, written out once more.
struct AccessTests {
    static let callers: [Caller] =
        [.nobody, .unknownToken, .expiredToken, .local] + Role.allCases.map { .revoked($0) }
        + Role.allCases.flatMap { role in
            EpochClaim.allCases.flatMap { epoch in [false, true].map { .device(role, epoch: epoch, isRegistered: $0) } }
        }

    /// What a caller with no right to be there is told.
    private static func refusal(of caller: Caller) -> ProblemCode? {
        switch caller {
        case .nobody: .tokenMissing
        case .unknownToken: .tokenUnknown
        case .expiredToken: .tokenExpired
        case .local: .notAllowed
        case .revoked: .revoked
        case .device: nil
        }
    }

    /// The rows: what each role may do, "yes" or the problem; in the columns master, client, reader.
    private static let rows: [(action: Action, master: String, client: String, reader: String)] = [
        (.listDevices, "yes", "yes", "yes"),
        (.pull, "yes", "yes", "yes"),
        (.status, "yes", "yes", "yes"),
        (.snapshot, "yes", "yes", "yes"),
        (.openSocket, "yes", "yes", "yes"),
        (.register, "yes", "yes", "yes"),
        (.push, "yes", "yes", "not-allowed"),
        (.acknowledge, "registered", "registered", "registered"),
        (.heartbeat, "registered", "registered", "registered"),
        (.revoke, "fenced", "not-allowed", "not-allowed"),
        (.invite, "not-allowed", "not-allowed", "not-allowed"),
        (.revokeLocally, "not-allowed", "not-allowed", "not-allowed"),
    ]

    private static func expected(_ word: String, _ epoch: EpochClaim, isRegistered: Bool) -> String? {
        switch word {
        case "yes": nil
        case "registered": isRegistered ? nil : "not-registered"
        case "fenced":
            switch epoch {
            case .newest: nil
            case .none: "not-master"
            case .lower: "epoch-stale"
            case .neverGranted: "epoch-never-granted"
            }
        default: word
        }
    }

    @Test func `the table of roles is what the code decides`() {
        for row in Self.rows {
            for (role, word) in [(Role.master, row.master), (.client, row.client), (.reader, row.reader)] {
                for epoch in EpochClaim.allCases {
                    for isRegistered in [false, true] {
                        let found = Access.problem(with: row.action, by: .device(role, epoch: epoch, isRegistered: isRegistered))
                        let expected = Self.expected(word, epoch, isRegistered: isRegistered)
                        #expect(found?.rawValue == expected, "\(row.action) by \(role), \(epoch), registered: \(isRegistered)")
                    }
                }
            }
        }
    }

    @Test func `who is no device of the workspace may do nothing but ask for health and enrol`() {
        for caller in Self.callers {
            guard let refusal = Self.refusal(of: caller) else { continue }
            for row in Self.rows {
                let isLocal = caller == .local && (row.action == .invite || row.action == .revokeLocally)
                let isAskedLocally = row.action == .invite || row.action == .revokeLocally
                let expected: ProblemCode? = isLocal ? nil : isAskedLocally ? .notAllowed : refusal
                #expect(Access.problem(with: row.action, by: caller) == expected, "\(row.action) by \(caller)")
            }
        }
    }

    @Test func `anybody may ask for health and enrol, and sign in as a device that is enrolled and not revoked`() {
        for caller in Self.callers {
            for action in [Action.health, .metrics, .describe, .enrol] { #expect(Access.problem(with: action, by: caller) == nil) }
            for action in [Action.challenge, .openSession] {
                let expected: ProblemCode? =
                    switch caller {
                    case .device: nil
                    case .revoked: .revoked
                    default: .notFound
                    }
                #expect(Access.problem(with: action, by: caller) == expected, "\(action) by \(caller)")
            }
        }
    }

    @Test func `every action is in one of the tables`() {
        let others: Set<Action> = [.health, .metrics, .describe, .enrol, .challenge, .openSession]
        #expect(Set(Self.rows.map(\.action)).union(others) == Set(Action.allCases))
        #expect(Set(Self.rows.map(\.action)).isDisjoint(with: others))
    }
}

internal import EventCore

/// Counts conflicts by what events do to siblings. What has been counted of a log's first events can be gone on with.
struct ConflictCount {
    typealias Group = ConflictStatistics.Group

    /// What is known of a group.
    struct Tally: Hashable {
        /// Concurrent entries that agreed from the beginning.
        var automatic = 0
        /// Conflicts that no event has ended, of records that are not among `standing`.
        var standingElsewhere = 0
        /// Milliseconds from the youngest side to the event that ended the conflict, ascending.
        var durations: [UInt64] = []
    }

    /// A conflict that no event has ended yet: who has had a side in it, and when the youngest was written.
    struct Contest: Hashable {
        var devices: Set<DeviceID> = []
        /// Milliseconds since 1970, of all sides but those whose times are not known yet.
        var youngest: UInt64 = 0
        var untimed: Set<Dot> = []

        mutating func add(_ sides: [Dot]) {
            untimed.formUnion(sides)
            devices.formUnion(sides.map(\.device))
        }

        mutating func take(_ times: [Dot: HybridTime]) {
            youngest = untimed.reduce(youngest) { max($0, times[$1]?.milliseconds ?? 0) }
            untimed = []
        }
    }

    /// A conflict that an event has ended; how long that took is known when the events' times are.
    private struct Ended {
        let group: Group
        var contest: Contest
        let by: Dot
    }

    var concurrentEvents = 0
    var tallies: [Group: Tally] = [:]
    /// By record what is in conflict, nil for delete against edit.
    private(set) var standing: [RecordKey: [Name?: Contest]] = [:]
    private var ended: [Ended] = []

    // MARK: - Counting

    /// Takes in what a record's next event did.
    mutating func add(_ change: SiblingChange) {
        if change.isConcurrent { concurrentEvents += 1 }
        var record = standing.removeValue(forKey: change.key) ?? [:]
        var contested: Set<Name?> = []
        for siblings in change.fields {
            if siblings.isContested {
                contested.insert(siblings.field)
                record[siblings.field, default: Contest()].add(siblings.dots)
            } else if record[siblings.field] == nil && siblings.dots.contains(change.dot) {
                tallies[Group(change.key, siblings.field, siblings.dots.map(\.device)), default: Tally()].automatic += 1
            }
        }
        if !change.tombstones.isEmpty && !change.beside.isEmpty {
            contested.insert(nil)
            record[nil, default: Contest()].add(change.tombstones + change.beside)
        }
        for (field, contest) in record where !contested.contains(field) {
            record[field] = nil
            ended.append(Ended(group: Group(change.key, field, contest.devices), contest: contest, by: change.dot))
        }
        if !record.isEmpty { standing[change.key] = record }
    }

    /// Takes in the conflicts of a record that were standing elsewhere until now.
    mutating func take(_ contests: [Name?: Contest], of key: RecordKey) {
        standing[key] = contests
        for (field, contest) in contests { tallies[Group(key, field, contest.devices)]?.standingElsewhere -= 1 }
    }

    /// The events whose times have to be known before the count says how long conflicts took.
    var untimed: Set<Dot> {
        var dots: Set<Dot> = []
        for conflict in ended { dots.formUnion(conflict.contest.untimed.union([conflict.by])) }
        for contests in standing.values { for contest in contests.values { dots.formUnion(contest.untimed) } }
        return dots
    }

    /// - Parameter times: of the events that are `untimed`.
    mutating func take(_ times: [Dot: HybridTime]) {
        var groups: Set<Group> = []
        for var conflict in ended {
            conflict.contest.take(times)
            let (start, end) = (conflict.contest.youngest, times[conflict.by]?.milliseconds ?? 0)
            tallies[conflict.group, default: Tally()].durations.append(end > start ? end - start : 0)
            groups.insert(conflict.group)
        }
        ended = []
        for group in groups { tallies[group]?.durations.sort() }
        standing = standing.mapValues { contests in
            contests.mapValues { contest in
                var contest = contest
                contest.take(times)
                return contest
            }
        }
    }

    // MARK: - What has been counted

    /// How many conflicts no event has ended, by group.
    var standingCounts: [Group: Int] {
        var counts = tallies.mapValues(\.standingElsewhere)
        for (key, contests) in standing {
            for (field, contest) in contests { counts[Group(key, field, contest.devices), default: 0] += 1 }
        }
        return counts
    }

    /// The counts of the groups that are wanted; all times are known.
    ///
    /// - Parameters:
    ///   - decidedElsewhere: how many policies decide, of records that are not among `standing`.
    ///   - decided: what policies decide of a record's conflict, by field; nil stands for delete against edit. Asked of the records among `standing`.
    func statistics(
        _ isWanted: (Group) -> Bool, decidedElsewhere: [Group: Int], _ decided: (RecordKey) throws(ReplicaError) -> Set<Name?>
    ) throws(ReplicaError) -> ConflictStatistics {
        var groups: [Group: ConflictStatistics.Counts] = [:]
        for (group, count) in standingCounts where isWanted(group) {
            let tally = tallies[group] ?? Tally()
            var counts = ConflictStatistics.Counts()
            (counts.opened, counts.byHand) = (count + tally.durations.count, tally.durations.count)
            (counts.automatic, counts.durations) = (tally.automatic, tally.durations)
            counts.decided = decidedElsewhere[group] ?? 0
            if counts.opened + counts.automatic > 0 { groups[group] = counts }
        }
        for (key, contests) in standing {
            let decided = try decided(key)
            for (field, contest) in contests where decided.contains(field) { groups[Group(key, field, contest.devices)]?.decided += 1 }
        }
        return ConflictStatistics(groups: groups, concurrentEvents: concurrentEvents)
    }
}

extension ConflictStatistics.Group {
    init(_ key: RecordKey, _ field: Name?, _ devices: some Sequence<DeviceID>) {
        self.init(collection: key.collection, field: field, devices: Set(devices).sorted())
    }
}

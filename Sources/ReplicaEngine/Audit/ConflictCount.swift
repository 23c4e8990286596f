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
        /// Milliseconds from the beginning of the conflict to the event that ended it, ascending.
        var durations: [UInt64] = []
    }

    /// A conflict: who has had a side in it, and when it began.
    struct Contest: Hashable {
        var devices: Set<DeviceID>
        /// Milliseconds since 1970: the youngest of the sides with which it began, without those whose times are not known yet.
        var began: UInt64
        var untimed: Set<Dot> = []

        init(devices: Set<DeviceID>, began: UInt64) { (self.devices, self.began) = (devices, began) }

        init(beginningWith sides: [Dot]) {
            self.init(devices: Set(sides.map(\.device)), began: 0)
            untimed = Set(sides)
        }

        mutating func take(_ times: [Dot: HybridTime]) {
            began = untimed.reduce(began) { max($0, times[$1]?.milliseconds ?? 0) }
            untimed = []
        }
    }

    /// A conflict that an event has ended.
    struct Settled: Hashable {
        var contest: Contest
        /// Milliseconds; not known yet while there is `by`.
        var duration: UInt64 = 0
        /// The event that ended it, until its time is known.
        var by: Dot?
    }

    var concurrentEvents = 0
    var tallies: [Group: Tally] = [:]
    /// By record what is in conflict, nil for delete against edit.
    private(set) var standing: [RecordKey: [Name?: Contest]] = [:]
    /// By record and field the conflicts that events have ended, in the order of the log.
    private(set) var settled: [RecordKey: [Name?: [Settled]]] = [:]

    // MARK: - Counting

    /// Takes in what a record's next event did.
    mutating func add(_ change: SiblingChange) {
        if change.isConcurrent { concurrentEvents += 1 }
        var record = standing.removeValue(forKey: change.key) ?? [:]
        var contested: Set<Name?> = []
        func contest(_ field: Name?, _ sides: [Dot]) {
            contested.insert(field)
            let isBroughtBack = change.bringsBack(field)
            if record[field] != nil {
                if sides.contains(change.dot) && !isBroughtBack { record[field]?.devices.insert(change.dot.device) }
            } else {
                record[field] = (isBroughtBack ? reopen(change.key, field) : nil) ?? Contest(beginningWith: sides)
            }
        }
        for siblings in change.fields {
            if siblings.isContested {
                contest(siblings.field, siblings.dots)
            } else if record[siblings.field] == nil && siblings.dots.contains(change.dot) {
                tallies[Group(change.key, siblings.field, siblings.dots.map(\.device)), default: Tally()].automatic += 1
            }
        }
        if !change.tombstones.isEmpty && !change.beside.isEmpty { contest(nil, change.tombstones + change.beside) }
        for (field, contest) in record where !contested.contains(field) {
            record[field] = nil
            settled[change.key, default: [:]][field, default: []].append(Settled(contest: contest, by: change.dot))
        }
        if !record.isEmpty { standing[change.key] = record }
    }

    /// The conflict that was settled last, which an undo has brought back: it counts as settled no more.
    private mutating func reopen(_ key: RecordKey, _ field: Name?) -> Contest? {
        guard let last = settled[key]?[field]?.popLast() else { return nil }
        let group = Group(key, field, last.contest.devices)
        if last.by == nil, let place = tallies[group]?.durations.firstIndex(of: last.duration) {
            tallies[group]?.durations.remove(at: place)
        }
        return last.contest
    }

    /// Takes in the conflicts of a record that were standing elsewhere until now.
    mutating func take(_ contests: [Name?: Contest], of key: RecordKey) {
        standing[key] = contests
        for (field, contest) in contests { tallies[Group(key, field, contest.devices)]?.standingElsewhere -= 1 }
    }

    /// Takes in conflicts that have been settled, and are among the durations already.
    mutating func take(_ earlier: [Settled], of key: RecordKey, _ field: Name?) {
        settled[key, default: [:]][field, default: []].insert(contentsOf: earlier, at: 0)
    }

    /// The events whose times have to be known before the count says how long conflicts took.
    var untimed: Set<Dot> {
        var dots: Set<Dot> = []
        for conflict in settled.values.joined().flatMap(\.value) {
            if let by = conflict.by { dots.formUnion(conflict.contest.untimed.union([by])) }
        }
        for contests in standing.values { for contest in contests.values { dots.formUnion(contest.untimed) } }
        return dots
    }

    /// - Parameter times: of the events that are `untimed`.
    mutating func take(_ times: [Dot: HybridTime]) {
        var groups: Set<Group> = []
        for (key, fields) in settled {
            for (field, conflicts) in fields {
                for (place, conflict) in conflicts.enumerated() {
                    guard let by = conflict.by else { continue }
                    var timed = conflict
                    timed.contest.take(times)
                    let (start, end) = (timed.contest.began, times[by]?.milliseconds ?? 0)
                    (timed.duration, timed.by) = (end > start ? end - start : 0, nil)
                    settled[key]?[field]?[place] = timed
                    let group = Group(key, field, timed.contest.devices)
                    tallies[group, default: Tally()].durations.append(timed.duration)
                    groups.insert(group)
                }
            }
        }
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

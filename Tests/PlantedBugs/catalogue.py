"""Bugs that are planted to see whether anything finds them: what a line of the product becomes while the bug's number is switched on.

`PLANTED` in a replacement stands for "this bug is switched on". Each snippet stands exactly once in its file; where the product has moved on, `run.py` says so.
"""
from dataclasses import dataclass


@dataclass(frozen=True)
class Bug:
    kind: str
    title: str
    path: str
    snippet: str
    replacement: str
    #: What finds it: a filter of Swift tests, or words of `simulate`.
    finder: str


def durability(title, path, snippet, replacement, finder):
    return Bug("durability", title, f"LogStore/{path}", snippet, replacement, finder)


def skipped(title, path, snippet, finder, at=None):
    """A step that is left out."""
    where = at or snippet
    return durability(title, path, where, where.replace(snippet, f"if !PLANTED {{ {snippet} }}"), finder)


CRASHES = "LogStoreTests.CrashTests|ReplicaEngineTests.CrashTests"
FAULTS = "LogStoreTests.FaultTests"
STORES = "simulate --kind store --seeds 1..300"

DURABILITY = [
    skipped("a commit is acknowledged before it is synced", "EventLog+Appending.swift", "try segment.file.sync()", CRASHES),
    durability(
        "the acknowledged mark is written before the commit is synced", "EventLog+Appending.swift", "        guard var segment = active, !segment.isSynced else { return }\n        do throws(VolumeError) {\n",
        "        guard var segment = active, !segment.isSynced else { return }\n        do throws(VolumeError) {\n"
        "            if PLANTED { try segment.file.write(segment.nextMark.bytes(in: segment.header), at: AcknowledgedMark.slotOffset(generation: segment.nextMark.generation)) }\n",
        CRASHES),
    durability(
        "a failed append is not taken back", "EventLog+Appending.swift", "        guard let file = active?.file, let end = active?.endOffset else { return true }\n        do throws",
        "        guard let file = active?.file, let end = active?.endOffset, !PLANTED else { return true }\n        do throws", FAULTS),
    durability(
        "a log that failed takes another commit", "EventLog.swift", "    func fail(_ error: VolumeError) { failure = failure ?? error }",
        "    func fail(_ error: VolumeError) { if !PLANTED { failure = failure ?? error } }", FAULTS),
    skipped("a new store's folder is not synced", "EventLog+Opening.swift", "try volume.syncFolder(path)", CRASHES),
    skipped("a new segment is put in place before it is synced", "Segments/ActiveSegment.swift", "try file.sync()", CRASHES),
    skipped("a segment's name is not synced", "Segments/Volume+SegmentNames.swift", "try syncFolder(folder.log)", CRASHES),
    skipped(
        "names that a failed sync left in doubt are trusted", "Segments/Volume+SegmentNames.swift",
        "try replaceFile(path, by: folder.unfinished(name), in: folder.log, with: try wholeFile(path))", "LogStoreTests.DoubtfulNameTests"),
    skipped("a sealed segment takes the place of the active one before it is synced", "Segments/SealedSegmentWriter.swift", "try file.sync()", CRASHES),
    durability(
        "the last step of a sealed segment is not written", "Segments/SealedSegmentWriter.swift", "        hash.update(data: waiting)\n        try flush()\n        hash.update(data: tail",
        "        hash.update(data: waiting)\n        if !PLANTED { try flush() }\n        hash.update(data: tail", CRASHES),
    skipped("a file that is replaced is renamed before it is synced", "Volume/Volume+Whole.swift", "try syncData(file)", CRASHES),
    durability(
        "the rename of a file that is replaced is not synced", "Volume/Volume+Whole.swift", "        try rename(temporary, to: path)\n        try syncFolder(folder)",
        "        try rename(temporary, to: path)\n        if !PLANTED { try syncFolder(folder) }", CRASHES),
    durability(
        "recovery trusts what only the cache shows", "Recovery/TailRecovery.swift", "            try volume.dropCache(of: file.file, in: durable..<max(durable, try file.sizeBytes))",
        "            if !PLANTED { try volume.dropCache(of: file.file, in: durable..<max(durable, try file.sizeBytes)) }", FAULTS),
    durability(
        "recovery does not sync what an earlier process left", "Recovery/TailRecovery.swift", "        if access == .writing { try file.sync() }\n        var preamble",
        "        if access == .writing && !PLANTED { try file.sync() }\n        var preamble", CRASHES),
    durability(
        "recovery does not write down that what it kept is acknowledged now", "Recovery/TailRecovery.swift", "        if access == .writing && !(segment.isSynced && found.isMarkOnDisk) {",
        "        if access == .writing && !PLANTED && !(segment.isSynced && found.isMarkOnDisk) {", CRASHES),
    durability(
        "the slot of the newest mark may be overwritten", "Segments/AcknowledgedMark.swift", "        return (known + 1) % 2 == newest.generation % 2 ? known + 2 : known + 1",
        "        return !PLANTED && (known + 1) % 2 == newest.generation % 2 ? known + 2 : known + 1", CRASHES),
    durability(
        "acknowledged events that are damaged are cut off", "Recovery/RecoveryTable.swift", "            decision: .refuse(.acknowledgedEventsDamaged)),",
        "            decision: PLANTED ? .cut : .refuse(.acknowledgedEventsDamaged)),", "LogStoreTests.DamageTests"),
    durability(
        "a torn tail is cut without being kept aside", "Recovery/TailRecovery.swift",
        "        try volume.replaceFile(path, by: path + LogFolder.unfinishedSuffix, in: folder.log, with: bytes)",
        "        if !PLANTED { try volume.replaceFile(path, by: path + LogFolder.unfinishedSuffix, in: folder.log, with: bytes) }", "LogStoreTests.DamageTests"),
    Bug(
        "durability", "waiting events are dropped when their segment is sealed", "ReplicaEngine/Store/Replica+State.swift",
        "            for block in waiting.blocks { try store(block) }", "            if !PLANTED { for block in waiting.blocks { try store(block) } }", CRASHES),
    Bug(
        "durability", "a commit that should be durable is not synced", "ReplicaEngine/Writing/Replica+Commit.swift",
        "        do throws(LogError) { if isDurable {", "        do throws(LogError) { if isDurable && !PLANTED {", CRASHES),
]


def merge(title, path, snippet, replacement, finder):
    return Bug("merge", title, path, snippet, replacement, finder)


REFERENCE = "ReplicaEngineTests.ReferenceTests"
GENERAL = "EventCore/Records/FoldLane+General.swift"

MERGE = [
    merge(
        "a write does not end the siblings that it covers", GENERAL, "        dropNodes(cell, .entry, cover, field: field.field)\n",
        "        if !PLANTED { dropNodes(cell, .entry, cover, field: field.field) }\n", REFERENCE),
    merge(
        "a delete takes along what it has not seen", GENERAL, "            guard !slot.isAbsent && cover.covers(slot) else { continue }",
        "            guard !slot.isAbsent && (PLANTED || cover.covers(slot)) else { continue }", REFERENCE),
    merge(
        "an entry at the very end of what a context covers counts as unseen", GENERAL,
        "            case .pairs(let pairs): pairs.contains { $0.device == device && $0.seq >= seq }",
        "            case .pairs(let pairs): pairs.contains { $0.device == device && ($0.seq > seq || (!PLANTED && $0.seq == seq)) }", REFERENCE),
    merge(
        "a tombstone outlives an edit that has seen it", GENERAL, "        dropNodes(view.cell(key.pointee.cell), .tombstone, cover)\n",
        "        if !PLANTED { dropNodes(view.cell(key.pointee.cell), .tombstone, cover) }\n", REFERENCE),
    merge(
        "a head that nobody has seen is lost", GENERAL, "            addNode(.head, to: cell, device, seq)\n", "            if !PLANTED { addNode(.head, to: cell, device, seq) }\n", REFERENCE),
    merge(
        "the clock forgets a concurrent event", GENERAL, "        advanceClock(key, row.device, row.seq)\n        linkHistory(view.cell(key.pointee.cell), position)\n        return true",
        "        if !PLANTED { advanceClock(key, row.device, row.seq) }\n        linkHistory(view.cell(key.pointee.cell), position)\n        return true", REFERENCE),
    merge(
        "a write drops the siblings of other fields", GENERAL, "            if fields.contains(where: { $0.field == node.field }) {",
        "            if PLANTED || fields.contains(where: { $0.field == node.field }) {", REFERENCE),
    merge(
        "the base is what either side had seen", "ReplicaEngine/History/Past/PastCut.swift",
        "        case .seenBy(let numbers): numbers.allSatisfy { covers($0, number) }",
        "        case .seenBy(let numbers): PLANTED ? numbers.contains { covers($0, number) } : numbers.allSatisfy { covers($0, number) }", REFERENCE),
    merge(
        "a device that only one side knows is overlooked", "EventCore/Clocks/VersionVector.swift",
        "            guard index < other.entries.count && other.entries[index].device == entry.device else { return false }",
        "            guard index < other.entries.count && other.entries[index].device == entry.device else { return PLANTED }", REFERENCE),
    merge(
        "an edit that a later one has seen is a side of its own", "ReplicaEngine/Conflicts/ConflictBuilder.swift",
        "numbers.filter { number in !numbers.contains {", "numbers.filter { number in PLANTED || !numbers.contains {", REFERENCE),
    merge(
        "what is shown is the value of the lowest rank", "EventCore/Records/Record.swift", "        return field.versions.max { rank($0) < rank($1) } ?? field.versions[0]",
        "        return field.versions.max { PLANTED ? rank($1) < rank($0) : rank($0) < rank($1) } ?? field.versions[0]", REFERENCE),
    merge(
        "of two changes of one line the first one wins in silence", "EventCore/Merge/TextMerge.swift",
        "        return sides.allSatisfy { $0 == base || $0 == change } ? .merged(change) : .conflict(base: base, sides: sides)",
        "        return PLANTED || sides.allSatisfy { $0 == base || $0 == change } ? .merged(change) : .conflict(base: base, sides: sides)", "EventCoreTests.*Merge"),
    merge(
        "a context that is not closed is taken in", "ReplicaEngine/Writing/Ingestion/Ingestion+Checking.swift", "            return !seen.isCovered(by: event.context)",
        "            return !PLANTED && !seen.isCovered(by: event.context)", "ReplicaEngineTests.IngestionTests"),
    merge(
        "other bytes under a known dot are a duplicate", "ReplicaEngine/Writing/Ingestion/Ingestion+Checking.swift",
        "        if !agrees { forked = forked ?? event.dot }\n", "        if !agrees && !PLANTED { forked = forked ?? event.dot }\n", "ReplicaEngineTests.IngestionTests"),
    merge(
        "the events of one undo have seen each other", "ReplicaEngine/Writing/Replica+Commit.swift",
        "            if let undone = draft.undoes { context = undoContexts[undone] ?? context }",
        "            if let undone = draft.undoes, !PLANTED { context = undoContexts[undone] ?? context }", "ReplicaEngineTests.WritingTests"),
    merge(
        "a store's clock does not see what came from elsewhere", "EventCore/Clocks/HybridClock.swift",
        "        guard time.milliseconds <= wall &+ Limits.clockSkewMilliseconds else { return }",
        "        guard !PLANTED, time.milliseconds <= wall &+ Limits.clockSkewMilliseconds else { return }", "ReplicaEngineTests.WritingTests"),
    merge(
        "what a kept state names stands, though something newer has written over it", "ReplicaEngine/History/Past/BackwardFold.swift",
        "                guard !isCovered(row, by: deletes), !isCovered(row, by: writers[entry.field] ?? []) else { continue }",
        "                guard PLANTED || (!isCovered(row, by: deletes) && !isCovered(row, by: writers[entry.field] ?? [])) else { continue }", "ReplicaEngineTests.RecordStatesTests"),
    merge(
        "between two kept states everything is passed over", "ReplicaEngine/History/Past/RecordPast.swift", "        return isNone ? end : nil",
        "        return isNone || PLANTED ? end : nil", "ReplicaEngineTests.RecordStatesTests"),
    merge(
        "the base of a conflict that an undo opens again is what settled it", "ReplicaEngine/Conflicts/ConflictBuilder.swift",
        "        while numbers.contains(where: { past.row($0).undoes != nil }), looked.insert(found).inserted {",
        "        while !PLANTED, numbers.contains(where: { past.row($0).undoes != nil }), looked.insert(found).inserted {", "ReplicaEngineTests.ReopenedConflictTests"),
    merge(
        "an undo brings whole records back field by field", "ReplicaEngine/History/Undo/UndoPlanner.swift",
        "        guard sides.isEmpty else { return wholeSides", "        guard sides.isEmpty || PLANTED else { return wholeSides", "ReplicaEngineTests.ReopenedConflictTests"),
]


def access(title, path, snippet, replacement, finder="SyncCoreTests.HubEnrolmentTests"):
    return Bug("access", title, f"SyncCore/{path}", snippet, replacement, finder)


ACCESS = [
    access("a reader may push", "Access/Access.swift", "role.pushes ? nil : .notAllowed", "role.pushes || PLANTED ? nil : .notAllowed", "SyncCoreTests.AccessTests"),
    access("an expired token is as good as a new one", "Hub/HubCore+Calls.swift", "        return found.expiresAt > now.wall ?", "        return PLANTED || found.expiresAt > now.wall ?"),
    access("a revoked device is let in", "Hub/HubCore+Calls.swift", "        guard device.revokedAt == nil else { return .revoked(device.role) }",
           "        guard device.revokedAt == nil || PLANTED else { return .revoked(device.role) }"),
    access("a code is worth something twice", "Hub/HubCore+Enrolment.swift", "        guard code.spentBy == nil || code.spentBy == enrolment.device else",
           "        guard PLANTED || code.spentBy == nil || code.spentBy == enrolment.device else"),
    access("a code does not expire", "Hub/HubCore+Enrolment.swift", "        guard code.expiresAt > now.wall else { throw Problem(.codeExpired) }",
           "        guard PLANTED || code.expiresAt > now.wall else { throw Problem(.codeExpired) }"),
    access("a signature is not looked at when a device signs in", "Hub/HubCore+Enrolment.swift", "Crypto.isSignature(signature, of: proof, by: key) else",
           "PLANTED || Crypto.isSignature(signature, of: proof, by: key) else"),
    access("a nonce is worth something twice", "Hub/HubCore+Enrolment.swift", "let challenge = challenges[device]?.remove(at: index), challenge",
           "let challenge = PLANTED ? challenges[device]?[index] : challenges[device]?.remove(at: index), challenge"),
    access("a device's key may be replaced", "Hub/HubCore+Enrolment.swift", "            guard known.publicKey == enrolment.publicKey else",
           "            guard PLANTED || known.publicKey == enrolment.publicKey else"),
    access("the sockets of a revoked device stay open", "Hub/HubCore+Enrolment.swift", "        for session in sessions.all where session.device == device { close",
           "        for session in sessions.all where session.device == device && !PLANTED { close"),
    access("a former master may still revoke", "Access/Access.swift", "        case .lower: .epochStale", "        case .lower: PLANTED ? nil : .epochStale", "SyncCoreTests.AccessTests"),
    access("a signature under a pushed chain is not looked at", "Hub/HubCore+Exchange.swift",
           "            guard Crypto.isSignature(signature, of: chain.head.signedBytes(workspace: workspace.bytes), by: known.publicKey) else",
           "            guard PLANTED || Crypto.isSignature(signature, of: chain.head.signedBytes(workspace: workspace.bytes), by: known.publicKey) else", "SyncCoreTests.HubPushTests"),
    access("a policy of a device that has joined needs no lease", "Hub/HubLog.swift", "        return event.dot.seq > seq ? .leaseMissing : nil", "        return event.dot.seq > seq && !PLANTED ? .leaseMissing : nil",
           "SyncCoreTests.HubPushTests"),
    access("what a device had written before it joined is forgotten when it repeats that", "Hub/HubCore+Enrolment.swift", "            known.seqAtEnrolment = seq\n", "            if !PLANTED { known.seqAtEnrolment = seq }\n"),
    Bug("access", "policies in packed blocks are not looked at", "HubStore/Log/StoreLog+Blocks.swift", "                    BlockHeader.names(.policies, in: bytes) ?", "                    !PLANTED && BlockHeader.names(.policies, in: bytes) ?",
        "HubStoreTests.BlockAdmissionTests"),
    Bug("access", "a store that has joined writes policies without a lease", "ReplicaEngine/Writing/Replica+Commit.swift", "        if let unfenced, lease.hasJoined() {", "        if let unfenced, !PLANTED, lease.hasJoined() {",
        "ReplicaEngineTests.WritingTests"),
    access("a device registers as another one", "Hub/HubCore+Sessions.swift", "        guard registration.device == device else", "        guard PLANTED || registration.device == device else",
           "SyncCoreTests.HubSessionTests"),
]


def sync(title, path, snippet, replacement, finder="SyncCoreTests.SyncLawsTests"):
    return Bug("sync", title, f"SyncCore/{path}", snippet, replacement, finder)


SYNC = [
    sync("a hub answers before what it says is durable", "Hub/DurabilityGate.swift", "        guard issued > durable else { return effects }",
         "        guard issued > durable && !PLANTED else { return effects }"),
    sync("the cursor is saved before its events are folded", "Device/DeviceSession+Exchange.swift", "        exchange = .takingIn(page)\n",
         "        exchange = .takingIn(page)\n        if PLANTED { effects.append(.saveCursor(page.cursor)) }\n"),
    sync("a hub that has gone back is not noticed by a pull", "Device/DeviceSession+Exchange.swift", "        let isRolledBack = page.head < answeredHead",
         "        let isRolledBack = !PLANTED && page.head < answeredHead", "SyncCoreTests.DeviceSessionTests"),
    sync("a hub that has gone back is not noticed by a push", "Device/DeviceSession+Exchange.swift",
         "        if answer.head < answeredHead || !acked.isCovered(by: answer.ackedThrough) {", "        if !PLANTED && (answer.head < answeredHead || !acked.isCovered(by: answer.ackedThrough)) {",
         "SyncCoreTests.DeviceSessionTests"),
    sync("a device whose identity was used elsewhere goes on", "Device/DeviceSession+Exchange.swift",
         "            if device == options.device { block(.fork(device)) } else { warn(.foreignFork(device)) }",
         "            if device == options.device && !PLANTED { block(.fork(device)) } else { warn(.foreignFork(device)) }", "SyncCoreTests.DeviceSessionTests"),
    sync("a critical event is acknowledged before it is there", "Device/DeviceSession+Linking.swift", "            if !awaited.contains(delivery.id) { awaited.append(delivery.id) }",
         "            if PLANTED { send(.acknowledge(delivery.id, .done)) } else if !awaited.contains(delivery.id) { awaited.append(delivery.id) }",
         "SyncCoreTests.DeviceSessionTests"),
    sync("a critical event is sent once and never again", "Hub/HubCore+Critical.swift",
         "        let next = count <= delays.count ? now.milliseconds + delays[count - 1] : nil", "        let next = count <= delays.count && !PLANTED ? now.milliseconds + delays[count - 1] : nil",
         "SyncCoreTests.HubCriticalTests"),
    sync("a lease that has run out is renewed", "Hub/Election.swift", "        guard holder == device, now < until else { return false }",
         "        guard holder == device, PLANTED || now < until else { return false }", "SyncCoreTests.HubSessionTests"),
    sync("the next epoch is granted while the lease still runs", "Hub/Election.swift", "        guard holder != nil, now >= until else { return false }",
         "        guard holder != nil, PLANTED || now >= until else { return false }", "SyncCoreTests.HubSessionTests"),
    sync("of two candidates the one of the lower priority leads", "Hub/Election.swift", "        candidates.min { ($1.priority, $0.device) < ($0.priority, $1.device) }?.device",
         "        candidates.min { PLANTED ? ($0.priority, $0.device) < ($1.priority, $1.device) : ($1.priority, $0.device) < ($0.priority, $1.device) }?.device",
         "SyncCoreTests.HubSessionTests"),
    sync("a page leaves out its last event", "Hub/HubCore+Exchange.swift", "            positions: from..<end, cursor: Cursor(log: log.id, position: end, digest: digest)",
         "            positions: from..<(PLANTED && end > from ? Position(end.index - 1) : end), cursor: Cursor(log: log.id, position: end, digest: digest)"),
]

BUGS = [*DURABILITY, *MERGE, *ACCESS, *SYNC]

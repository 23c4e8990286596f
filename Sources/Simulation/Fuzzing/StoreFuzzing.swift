internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import Workload

private let folder = "disk/store"

/// A store with a few events, checkpointed, and a few more; and the names of its first segment and its checkpoint. Made once.
private let small = makeSmallStore()

private func makeSmallStore() -> (state: DiskState, segment: String, checkpoint: String) {
    let volume = FaultyVolume()
    do {
        try volume.createFolder("disk")
        let replica = try Replica.create(
            in: folder, on: volume, device: DeviceID(high: 1, low: 1), name: "fuzz", storeID: StoreID(high: 1, low: 1))
        var workload = WorkloadW(events: 20, seed: 1, options: .init(records: 3))
        var events: [Event] = []
        while let event = workload.next() { events.append(event) }
        _ = try replica.ingest(Array(events[..<12]))
        try replica.checkpoint()
        _ = try replica.ingest(Array(events[12...]))
        try replica.close()
        let segment = try volume.names(in: folder + "/log").sorted().first ?? ""
        let checkpoint = try volume.names(in: folder + "/checkpoint").first ?? ""
        return (volume.state, folder + "/log/" + segment, folder + "/checkpoint/" + checkpoint)
    } catch { preconditionFailure("a store in memory can be made: \(error)") }
}

/// Puts arbitrary bytes in the place of a log's only segment: opening, verifying and inspecting each answer and never trap, and what opens once opens again the same.
package func fuzzSegmentFile(_ bytes: UnsafeRawBufferPointer) {
    let (whole, segment, checkpoint) = small
    var state = whole
    for path in state.files.keys where path.hasPrefix(folder + "/log/") && path != segment { state.drop(path) }
    state.drop(checkpoint)
    state.put(segment, Array(bytes))
    let volume = FaultyVolume(state)
    _ = try? Replica.verify(in: folder, on: volume)
    try? Replica<FaultyVolume>.inspect(segment, on: volume) { _ in }
    precondition(volume.state.files == state.files, "verify and inspect never write")
    guard let first = try? Replica.open(in: folder, on: volume, access: .writing) else { return }
    let (end, digest) = (first.end, try? first.stateDigest())
    guard (try? first.close()) != nil else { return }
    guard let second = try? Replica.open(in: folder, on: volume, access: .writing) else {
        preconditionFailure("what opened once opens again")
    }
    precondition(second.end == end && second.recovery.isClean)
    precondition((try? second.stateDigest()) == digest)
}

/// Puts arbitrary bytes in the place of a store's checkpoint: it is used or passed over, and the records are the same.
package func fuzzCheckpointFile(_ bytes: UnsafeRawBufferPointer) {
    let (whole, _, checkpoint) = small
    let expected = try? Replica.open(in: folder, on: FaultyVolume(whole), access: .reading).stateDigest()
    var state = whole
    state.put(checkpoint, Array(bytes))
    let volume = FaultyVolume(state)
    try? Replica<FaultyVolume>.inspect(checkpoint, on: volume) { _ in }
    guard let replica = try? Replica.open(in: folder, on: volume, access: .reading) else {
        preconditionFailure("a checkpoint is never needed")
    }
    precondition((try? replica.stateDigest()) == expected)
}

/// Holds back what shows something that is not durable yet. Stores may share a sync, which lets go of all that waited for them.
struct DurabilityGate {
    private var issued: UInt64 = 0
    private var durable: UInt64 = 0
    private var held: [(number: UInt64, effects: [HubEffect])] = []

    /// The number of another store.
    mutating func issue() -> StoreNumber {
        issued += 1
        return StoreNumber(issued)
    }

    /// The effects, where all that was issued is durable; otherwise none, and they come with the newest store.
    mutating func pass(_ effects: [HubEffect]) -> [HubEffect] {
        guard issued > durable else { return effects }
        if !effects.isEmpty { held.append((issued, effects)) }
        return []
    }

    /// Everything up to a store is durable: what waited for it, in order.
    mutating func open(upTo store: StoreNumber) -> [HubEffect] {
        precondition(store.number <= issued)
        durable = max(durable, store.number)
        let count = held.firstIndex { $0.number > durable } ?? held.count
        defer { held.removeFirst(count) }
        return held[..<count].flatMap(\.effects)
    }
}

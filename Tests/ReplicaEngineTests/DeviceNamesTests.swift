import EventCore
import LogStore
import Simulation
import Testing

@testable import ReplicaEngine

/// What devices are called, and how they are told apart.
struct DeviceNamesTests {
    private let first = DeviceID(high: 0x1111_1111_1111_4111, low: 0x8111_1111_1111_1111)
    /// Begins as the first one does.
    private let twin = DeviceID(high: 0x1111_1111_2222_4222, low: 0x8222_2222_2222_2222)
    private let other = DeviceID(high: 0x3333_3333_3333_4333, low: 0x8333_3333_3333_3333)

    @Test("names by hand come before those that were told") func handComesBeforeHearsay() {
        var names = DeviceNames(given: [first: "desk"])
        let isNew = names.hear([first: "laptop", other: "phone"])
        let isNewAgain = names.hear([other: "phone"])
        #expect(isNew && !isNewAgain)
        #expect(names[first] == "desk" && names[other] == "phone")
        names.give(nil, to: first)
        #expect(names[first] == "laptop")
    }

    @Test func `programs that name devices at the same time do not overwrite each other`() throws {
        let volume = FaultyVolume()
        try volume.createFolder("disk")
        let store = try Replica.create(
            in: "disk/store", on: volume, device: DeviceID(high: 0, low: 1), name: "laptop", storeID: StoreID(high: 0, low: 1))
        let beside = try Replica.open(in: "disk/store", on: volume, access: .reading)
        try store.remember(name: "desk", for: first)
        try beside.remember(name: "tablet", for: other)
        try store.hear(names: [twin: "phone"])
        try beside.hear(names: [other: "kitchen", DeviceID(high: 0, low: 2): "car"])
        let names = try Replica.open(in: "disk/store", on: volume, access: .reading).names
        #expect([first, other, twin, DeviceID(high: 0, low: 2)].map { names[$0] } == ["desk", "tablet", "phone", "car"])
        #expect(beside.names[first] == "desk" && beside.names[twin] == "phone")
    }

    @Test("labels differ, whatever the names") func labelsDiffer() {
        var names = DeviceNames(given: [first: "phone"], told: [twin: "phone", other: "phone"])
        #expect(names.label(of: other) == "phone~33333333")
        #expect(names.label(of: first) == "phone~11111111-1")
        #expect(names.label(of: twin) == "phone~11111111-2")
        names.give("phone~11111111-2", to: other)
        #expect(names.label(of: other) == "phone~11111111-2~33333333")
    }

    @Test("a name is not mistaken for an id") func aNameIsNoId() {
        let names = DeviceNames(given: [:], told: [other: "11111111"])
        #expect(names.label(of: first) == first.description)
        #expect(DeviceNames(given: [:]).label(of: first) == "11111111")
    }

    @Test("taken words are left to their meaning") func takenWordsAreLeftToTheirMeaning() {
        let names = DeviceNames(given: [first: "base"], told: [other: "both"])
        #expect(names.label(of: first, besides: ["base", "both"]) == "base")
        #expect(names.label(of: other, besides: ["base", "both"]) == "both~33333333")
    }
}

internal import LogStore
internal import SyncCore
internal import Workload

/// A machine's disk and clocks, which outlive its processes.
final class Machine {
    private unowned let world: World
    private(set) var volume: FaultyVolume
    private(set) var random: SeededRandom
    private let driftPerMille: Int
    private let offsetMilliseconds: UInt64
    /// By how much the wall clock was set, so far.
    private var wallOffset: Int64 = 0
    /// What the fault that is injected now stands for: the machine falls when it strikes.
    private(set) var fallWhenStruck = Fall.kill
    private var fullUntil: UInt64 = 0

    static let folder = "disk/store"
    private static let firstWall: UInt64 = 1_700_000_000_000

    init(_ world: World, _ random: SeededRandom, driftPerMille: Int, offsetMilliseconds: UInt64) throws {
        (self.world, self.random) = (world, random)
        (self.driftPerMille, self.offsetMilliseconds) = (driftPerMille, offsetMilliseconds)
        let empty = FaultyVolume()
        try empty.createFolder("disk")
        var state = empty.state
        state.settle()
        volume = FaultyVolume(state, seed: self.random.next())
    }

    /// A stream of numbers for a process that starts.
    func fork() -> SeededRandom { random.fork() }

    /// A time that something takes, in milliseconds.
    func pause(below milliseconds: Int) -> UInt64 { UInt64(random.below(milliseconds)) }

    // MARK: - Clocks

    var reading: ClockReading {
        let elapsed = UInt64(Int64(world.time) + Int64(world.time) * Int64(driftPerMille) / 1000)
        return ClockReading(milliseconds: offsetMilliseconds + elapsed, wall: UInt64(Int64(Self.firstWall + world.time) + wallOffset))
    }

    /// After how much of the world's time the clock that never goes back shows this.
    func delay(until milliseconds: UInt64) -> UInt64 {
        let now = reading.milliseconds
        guard milliseconds > now else { return 1 }
        return (milliseconds - now) * 1000 / UInt64(1000 + driftPerMille) + 1
    }

    func setWall(by milliseconds: Int64) { wallOffset += milliseconds }

    // MARK: - The disk

    private(set) var isMidway = false
    private var wasStruck = false
    var isFull: Bool { world.time < fullUntil }

    /// Whether anything that was injected has struck since the process began.
    var isStruck: Bool { wasStruck || volume.hasStruck }

    private func inject(_ fault: VolumeFault, at number: Int, isForever: Bool) {
        wasStruck = isStruck
        volume.inject(fault, at: number, isForever: isForever)
    }

    /// Lets some operation of the disk from now on fail, and the machine with it.
    func breakMidway(_ fall: Fall, at number: Int) {
        inject(.inputOutput, at: number, isForever: true)
        (fallWhenStruck, isMidway) = (fall, true)
    }

    func breakDisk(_ fault: VolumeFault, at number: Int) {
        inject(fault, at: number, isForever: random.chance(1, in: 2))
        (fallWhenStruck, isMidway) = (.kill, false)
    }

    func fillDisk(until end: UInt64) {
        fullUntil = end
        fillAgain()
    }

    /// A disk that is full stays so, whatever becomes of processes.
    func fillAgain() {
        guard world.time < fullUntil else { return }
        inject(.noSpace, at: 1, isForever: true)
        (fallWhenStruck, isMidway) = (.kill, false)
    }

    func heal() {
        wasStruck = isStruck
        volume.heal()
        fullUntil = 0
        (fallWhenStruck, isMidway) = (.kill, false)
    }

    /// What a fall leaves behind.
    func fall(_ fall: Fall) {
        let state = fall == .powerLoss ? volume.state.afterPowerLoss(&random) : volume.state.afterKill()
        volume = FaultyVolume(state, seed: random.next())
        wasStruck = false
        (fallWhenStruck, isMidway) = (.kill, false)
    }

    /// A copy of all that programs see, as a backup has it.
    var copy: DiskState {
        var state = volume.state
        state.settle()
        return state
    }

    func put(back state: DiskState) {
        volume = FaultyVolume(state, seed: random.next())
        wasStruck = false
    }
}

internal import Workload

/// Which way something goes between a device and its hub.
enum Direction {
    case up
    case down
}

/// The way between a device and its hub: what a message suffers on it.
final class Line {
    private unowned let world: World
    private var random: SeededRandom
    private var closedUntil: (up: UInt64, down: UInt64) = (0, 0)

    init(_ world: World, _ random: SeededRandom) {
        self.world = world
        self.random = random
    }

    /// Nothing comes through for a while.
    func close(_ sides: PartitionSides, until end: UInt64) {
        if sides != .down { closedUntil.up = max(closedUntil.up, end) }
        if sides != .up { closedUntil.down = max(closedUntil.down, end) }
    }

    func heal() { closedUntil = (0, 0) }

    func isClosed(_ direction: Direction) -> Bool { world.time < end(direction) }

    /// How long a single message is under way; nil when it is lost.
    func delay(_ direction: Direction) -> UInt64? {
        isClosed(direction) || strikes(world.rates.loss) ? nil : delay()
    }

    /// When a piece of a stream arrives, which keeps its order and is sent again until it does.
    func arrival(_ direction: Direction, after last: UInt64) -> UInt64 {
        max(last, max(world.time, end(direction)) + delay() + (strikes(world.rates.loss) ? 200 : 0))
    }

    func strikes(_ perMille: Int) -> Bool { perMille > 0 && random.below(1000) < perMille }

    /// A number of this line's own.
    func number(below bound: Int) -> Int { random.below(bound) }

    private func delay() -> UInt64 { 1 + random.next() % (strikes(world.rates.delay) ? 3_000 : 40) }

    private func end(_ direction: Direction) -> UInt64 { direction == .up ? closedUntil.up : closedUntil.down }
}

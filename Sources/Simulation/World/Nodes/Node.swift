/// A process of the world: it has a store open.
protocol NodeProcess: AnyObject {
    /// It is gone; with a power loss nobody is told.
    func end(_ fall: Fall)
    /// Closes the store as it should be; false when the disk refused.
    func close() throws -> Bool
}

/// A machine of the world and what runs on it: how that falls, comes again, and is switched off.
protocol Node: AnyObject {
    associatedtype Process: NodeProcess
    var world: World { get }
    var machine: Machine { get }
    var name: String { get }
    var process: Process? { get set }
    /// After a fall it rests less long than that.
    var longestRestMilliseconds: Int { get }
    func start() throws
}

extension Node {
    var isUp: Bool { process != nil }

    /// Its process ends without having been asked, and comes again after a while.
    func fall(_ fall: Fall) throws {
        world.note("\(name) falls: \(fall.rawValue)")
        end(fall)
        machine.fall(fall)
        let rest = 100 + machine.pause(below: longestRestMilliseconds)
        world.after(rest) { [self] in try start() }
    }

    /// What was injected into its disk has struck.
    func fallStruck() throws {
        world.reach(machine.isFull ? .fullDisk : machine.isMidway ? .fallMidway : .diskError)
        try fall(machine.fallWhenStruck)
    }

    /// Closed as it should be, and opened again.
    func restart() throws {
        guard let process else { return }
        world.note("\(name) restarts")
        guard try process.close() else { return }
        self.process = nil
        world.after(100 + machine.pause(below: 3_000)) { [self] in try start() }
    }

    /// Its process is gone, and does not come again by itself.
    func end(_ fall: Fall) {
        process?.end(fall)
        process = nil
    }
}

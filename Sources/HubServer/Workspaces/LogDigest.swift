internal import EventCore

/// A number for each position of a log that tells which events stand before it, and in which order.
///
/// It tells a restored hub from the one that gave out a cursor; it is no defence, as events are told apart by name. 64 bits.
struct LogDigest {
    private(set) var value: UInt64 = 0x9E37_79B9_7F4A_7C15
    private(set) var count: UInt64 = 0
    /// The digest at each multiple of `stride`.
    private var marks: [UInt64] = []
    private static let stride: UInt64 = 256

    mutating func add(_ dot: Dot) {
        if count % Self.stride == 0 { marks.append(value) }
        value = Self.mixed(value, dot)
        count += 1
    }

    /// The digest at a position, which is no greater than `count`; `dots` reads so many dots of the log from a position on.
    func value(at position: UInt64, dots: (Position, Int) throws(Problem) -> [Dot]) throws(Problem) -> UInt64 {
        guard position < count else { return value }
        let mark = position / Self.stride
        let rest = Int(position % Self.stride)
        guard rest > 0 else { return marks[Int(mark)] }
        return try dots(Position(mark * Self.stride), rest).reduce(marks[Int(mark)], Self.mixed)
    }

    private static func mixed(_ value: UInt64, _ dot: Dot) -> UInt64 {
        [dot.device.high, dot.device.low, dot.seq].reduce(value) { value, word in
            // The finishing steps of splitmix64.
            var mixed = value &+ 0x9E37_79B9_7F4A_7C15 ^ word
            mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            return mixed ^ mixed >> 31
        }
    }
}

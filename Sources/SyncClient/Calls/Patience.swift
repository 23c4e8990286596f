internal import NIOCore

/// How long a device waits for its network before it says that the hub cannot be reached.
enum Patience {
    /// For a connection.
    static let connect = TimeAmount.seconds(5)
    /// For a connection to become a socket.
    static let upgrade = TimeAmount.seconds(10)
    /// For the next bytes of a call to be taken, and for the next ones of its answer: a slow network is none that is dead.
    static let silence = TimeAmount.seconds(30)
    /// For a whole call, as long as bytes come.
    static let call = TimeAmount.seconds(600)
}

extension TimeAmount {
    /// For people: `30 s`.
    var text: String { "\(nanoseconds / 1_000_000_000) s" }
}

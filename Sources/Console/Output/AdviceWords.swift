internal import SyncCore

/// What a person can do about how a device stands to its hub, as half a sentence.
enum AdviceWords {
    static func sentence(_ advice: Advice) -> String {
        switch advice {
        case .nothing: "nothing is to be done"
        case .wait: "it goes on by itself"
        case .startSync: "`sync` begins it"
        case .checkNetwork: "it is tried again by itself; look after the network and the hub"
        case .slowDown: "it goes on by itself, slower"
        case .makeRoom:
            "what is written here is kept and goes up by itself when whoever runs the hub has made room, with a larger `syncline serve --quota`; what is new there still comes"
        case .rejoin: "ask for a code: `syncline invite` on the hub's machine; what is here is safe"
        case .mendFork: "nothing is lost: with a code of `syncline invite`, `syncline mend CODE` writes on under a new identity"
        case .mendRejected:
            "everything else goes on; with a code of `syncline invite`, `syncline mend CODE` writes on under a new identity, and leaves out what no store may write"
        case .askOperator: "ask whoever runs the hub; what is here is safe"
        case .upgrade: "one of the two programs is older: update it"
        case .setClock: "set this device's clock"
        }
    }
}

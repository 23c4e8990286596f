internal import HubStore
package import LogStore
package import ReplicaEngine

/// Why the hub does not start, or an invitation was not made.
package enum HubError: Error, Hashable, Sendable {
    case volume(VolumeError)
    case store(ReplicaError)
    /// The `journal` file of a workspace is not one.
    case damagedJournal(file: String)
    /// Another hub has this folder open.
    case alreadyRunning(folder: String)
    /// Beyond loopback without TLS.
    case needsTLS(host: String)
    case cannotListen(address: String, reason: String)
    case badCertificate(reason: String)
    case badWorkspaceName(String)
    /// A hub runs on the folder and does not answer.
    case adminSocket(reason: String)
}

extension HubError {
    init(_ error: JournalError) {
        switch error {
        case .volume(let error): self = .volume(error)
        case .damaged(let file): self = .damagedJournal(file: file)
        }
    }
}

internal import Crypto
internal import SyncCore

/// Randomness that nobody can guess.
enum Secrets {
    static func bytes(_ count: Int) -> [UInt8] {
        SymmetricKey(size: SymmetricKeySize(bitCount: count * 8)).withUnsafeBytes { Array($0) }
    }

    static func newWorkspace() -> WorkspaceID { WorkspaceID(bytes: bytes(16)) }

    static func new() -> Secret { Secret(bytes: bytes(32)) }

    /// A code for people to pass on: 30 characters, none of which looks like another one, in groups of five; 150 bits.
    static func newCode() -> String {
        let letters = Array("ABCDEFGHJKLMNPQRSTUVWXYZ23456789")
        let code = bytes(30).map { letters[Int($0 & 31)] }
        return stride(from: 0, to: code.count, by: 5).map { String(code[$0..<($0 + 5)]) }.joined(separator: "-")
    }
}

package import EventCore

/// What a device signs to open a session.
package enum SessionProof {
    /// "syncline/session/1" ‖ 0x00 ‖ workspace (16) ‖ device (16) ‖ the hub's nonce.
    package static func bytes(workspace: WorkspaceID, device: DeviceID, nonce: Secret) -> [UInt8] {
        mark + workspace.bytes + device.bytes + nonce.bytes
    }

    private static let mark = Array("syncline/session/1".utf8) + [0]
}

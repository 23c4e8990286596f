package import EventCore

/// What a device signs to open a session at a hub: "syncline/session/1" ‖ 0x00 ‖ device id (16 bytes) ‖ nonce (32 bytes).
package enum SessionProof {
    package static func message(device: DeviceID, nonce: [UInt8]) -> [UInt8] {
        Array("syncline/session/1".utf8) + [0] + device.bytes + nonce
    }
}

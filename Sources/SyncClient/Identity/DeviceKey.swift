internal import Crypto
package import EventCore

/// A device's Ed25519 key, kept outside its store as `DEVICE.key`: a copied store does not copy it. Text: 64 hexadecimal digits.
package struct DeviceKey {
    private let key: Curve25519.Signing.PrivateKey

    /// 32 bytes.
    package var publicKey: [UInt8] { Array(key.publicKey.rawRepresentation) }

    /// The key of a device in a folder of keys; nil when there is none.
    package static func read(_ device: DeviceID, in folder: String) throws(SyncError) -> DeviceKey? {
        let path = path(device, folder)
        guard let text = try PrivateFile.read(path) else { return nil }
        guard let seed = Hexadecimal.bytes(text.filter { $0 != 0x0A }),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed)
        else { throw .damagedFile(path: path) }
        return DeviceKey(key: key)
    }

    /// The key of a device, made when there is none.
    package static func readOrMake(_ device: DeviceID, in folder: String) throws(SyncError) -> DeviceKey {
        if let key = try read(device, in: folder) { return key }
        try PrivateFile.makeFolder(folder)
        var made: DeviceKey?
        try PrivateFile.update(path(device, folder), in: folder) { kept in
            // Another program may have made it since: then that is the key.
            guard kept == nil else { return nil }
            let key = Curve25519.Signing.PrivateKey()
            made = DeviceKey(key: key)
            return Array((Hexadecimal.text(key.rawRepresentation) + "\n").utf8)
        }
        if let made { return made }
        return try readOrMake(device, in: folder)
    }

    package static func path(_ device: DeviceID, _ folder: String) -> String { "\(folder)/\(device).key" }

    /// 64 bytes.
    func signature(of message: [UInt8]) throws(SyncError) -> [UInt8] {
        do { return Array(try key.signature(for: message)) } catch { throw .damagedFile(path: "key") }
    }
}

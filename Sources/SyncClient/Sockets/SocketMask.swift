internal import Crypto
internal import NIOWebSocket

/// Masks of frames that a client sends, as RFC 6455 wants: nobody can foretell them.
enum SocketMask {
    static func new() -> WebSocketMaskingKey? {
        WebSocketMaskingKey(SymmetricKey(size: SymmetricKeySize(bitCount: 32)).withUnsafeBytes { Array($0) })
    }
}

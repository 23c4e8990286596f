internal import Glibc

/// Notices that the machine's network has come up, or another one: a link that runs, an address or a route that is new (rtnetlink(7)).
///
/// It is asked from time to time and never waited for. Where the system gives no such socket, as in some containers, it notices nothing.
package final class NetworkNews {
    /// -1 where there is none.
    private let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 32 * 1024)

    /// `struct sockaddr_nl`.
    private struct Address {
        let family = UInt16(AF_NETLINK)
        let padding: UInt16 = 0
        let port: UInt32 = 0
        /// Links, and addresses and routes of both families.
        let groups: UInt32 = 0x1 | 0x10 | 0x40 | 0x100 | 0x400
    }

    package init() {
        let kind = SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        // The last one is NETLINK_ROUTE.
        let socket = Glibc.socket(AF_NETLINK, Int32(kind), 0)
        let isBound = withUnsafeBytes(of: Address()) { bytes in
            guard socket >= 0, let address = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress else { return false }
            return bind(socket, address, socklen_t(bytes.count)) == 0
        }
        if socket >= 0 && !isBound { close(socket) }
        descriptor = isBound ? socket : -1
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Whether there was such news since it was asked last.
    package func hasReturned() -> Bool {
        var hasReturned = false
        while descriptor >= 0 {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count > 0 {
                hasReturned = buffer.withUnsafeBytes { Self.tellReturn(UnsafeRawBufferPointer(rebasing: $0[..<count])) } || hasReturned
            } else if count < 0 && errno == ENOBUFS {
                // So much has come that some of it is lost.
                hasReturned = true
            } else if !(count < 0 && errno == EINTR) {
                break
            }
        }
        return hasReturned
    }

    private static let headerBytes = 16
    private static let newLink: UInt16 = 16
    private static let newAddress: UInt16 = 20
    private static let newRoute: UInt16 = 24
    /// Of `struct ifinfomsg`, behind the header.
    private static let linkFlagsOffset = 8
    private static let running: UInt32 = 0x40

    /// Whether any of the messages, each a `struct nlmsghdr` and its contents, tells of something that a hub may be reached over.
    package static func tellReturn(_ messages: UnsafeRawBufferPointer) -> Bool {
        var rest = messages
        while rest.count >= headerBytes {
            let length = Int(rest.loadUnaligned(as: UInt32.self))
            guard length >= headerBytes, length <= rest.count else { return false }
            switch rest.loadUnaligned(fromByteOffset: 4, as: UInt16.self) {
            case newAddress, newRoute: return true
            case newLink where length >= headerBytes + linkFlagsOffset + 4:
                if rest.loadUnaligned(fromByteOffset: headerBytes + linkFlagsOffset, as: UInt32.self) & running != 0 { return true }
            default: break
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[min((length + 3) & ~3, rest.count)...])
        }
        return false
    }
}

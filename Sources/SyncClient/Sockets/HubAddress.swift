/// The parts of a hub's URL, `http[s]://HOST[:PORT][/PREFIX]`.
struct HubAddress: Hashable, Sendable {
    let isSecure: Bool
    let host: String
    let port: Int
    /// What stands before the routes' paths; empty mostly.
    let prefix: String

    /// nil for a text that is no such URL.
    init?(_ url: String) {
        let rest: Substring
        if url.hasPrefix("https://") {
            (isSecure, rest) = (true, url.dropFirst(8))
        } else if url.hasPrefix("http://") {
            (isSecure, rest) = (false, url.dropFirst(7))
        } else {
            return nil
        }
        let authority = rest.prefix { $0 != "/" }
        prefix = String(rest.dropFirst(authority.count))
        let isBracketed = authority.hasPrefix("[")
        let hostEnd = isBracketed ? authority.firstIndex(of: "]").map { authority.index(after: $0) } : authority.firstIndex(of: ":")
        let hostText = authority[..<(hostEnd ?? authority.endIndex)]
        let portText = authority[(hostEnd ?? authority.endIndex)...]
        host = isBracketed ? String(hostText.dropFirst().dropLast()) : String(hostText)
        guard !host.isEmpty else { return nil }
        if portText.isEmpty {
            port = isSecure ? 443 : 80
        } else {
            guard portText.hasPrefix(":"), let number = UInt16(portText.dropFirst()), number > 0 else { return nil }
            port = Int(number)
        }
    }

    /// For the `Host` header.
    var authority: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
}

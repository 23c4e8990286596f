internal import Crypto
internal import EventCore
internal import LogStore

/// The `chains` file of a store: where the devices' hash chains stood at a sealed end of the log, so that the log's beginning need not be hashed again. A cache: without it, or with one that is
/// damaged or of another log, everything is hashed anew.
///
///     syncline chains 1
///     STORE-ID SEGMENT POSITION DIGEST       of the sealed end, which stands for every byte of the log up to there
///     DEVICE:SEQ HASH                        a line a device, sorted
///     SHA-256                                of all lines before
enum ChainFile {
    static let fileName = "chains"
    private static let magic = "syncline chains 1"

    static func text(_ heads: [ChainHead], at end: SealedEnd, _ storeID: StoreID) -> [UInt8] {
        var lines = [magic, "\(storeID) \(end.segment) \(end.position.index) \(end.digest)"]
        lines += heads.map { "\($0.dot) \($0.hash)" }
        let text = Array(lines.map { $0 + "\n" }.joined().utf8)
        return text + Array("\(digest(text))\n".utf8)
    }

    /// What the file says; nil unless it is whole and of this log.
    static func chains<Storage: Volume>(_ text: [UInt8], of log: EventLog<Storage>) -> HashChains? {
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 4, let last = lines.dropLast().last, lines.last == "", lines[0] == magic else { return nil }
        guard last == digest(Array(text.dropLast(last.utf8.count + 1))), let end = log.sealedEnd(saying: String(lines[1])) else {
            return nil
        }
        var heads: [ChainHead] = []
        for line in lines[2..<(lines.count - 2)] {
            let parts = line.split(separator: " ")
            guard parts.count == 2, let dot = Dot(text: parts[0]), let hash = Hash256(hexadecimal: parts[1]) else { return nil }
            heads.append(ChainHead(dot: dot, hash: hash))
        }
        guard Set(heads.map(\.dot.device)).count == heads.count else { return nil }
        return HashChains(heads, end: end)
    }

    private static func digest(_ text: [UInt8]) -> String { Hash256(Array(SHA256.hash(data: text)))?.description ?? "" }
}

extension EventLog {
    /// The position of the sealed end that a chain file names; nil when it is none of this log.
    fileprivate func sealedEnd(saying line: String) -> Position? {
        let parts = line.split(separator: " ").map(String.init)
        guard parts.count == 4, parts[0] == storeID.description, let segment = Int(parts[1]), let position = UInt64(parts[2]),
            let digest = Hash256(hexadecimal: parts[3])
        else { return nil }
        let end = SealedEnd(segment: segment, position: Position(position), digest: SegmentDigest(bytes: digest.bytes))
        return contains(end) ? end.position : nil
    }
}

extension Dot {
    fileprivate init?(text: Substring) {
        guard let colon = text.firstIndex(of: ":"), let device = DeviceID(text[..<colon]),
            let seq = UInt64(text[text.index(after: colon)...])
        else { return nil }
        self.init(device: device, seq: seq)
    }
}

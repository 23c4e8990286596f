/// An open file that closes itself when nobody holds it any more, so that a cursor outlives the sealing of what it reads.
final class OpenFile<Storage: Volume>: Sendable {
    let volume: Storage
    let file: Storage.File
    let path: String

    init(_ path: String, _ mode: OpenMode, on volume: Storage) throws(VolumeError) {
        file = try volume.open(path, mode)
        self.volume = volume
        self.path = path
    }

    deinit { volume.close(file) }

    var sizeBytes: Int {
        get throws(VolumeError) { try volume.sizeBytes(of: file) }
    }

    /// At most `count` bytes, fewer only when the file ends, and so many zeros behind them.
    func read(at offset: Int, count: Int, zeros: Int = 0) throws(VolumeError) -> [UInt8] {
        try volume.readWhole(file, at: offset, count: count, zeros: zeros)
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(VolumeError) {
        try volume.writeWhole(file, at: offset, bytes)
    }

    /// The offset behind the last byte that is not zero; the start of `offsets` when there is none.
    func endOfContent(in offsets: Range<Int>) throws(VolumeError) -> Int {
        var end = offsets.upperBound
        while end > offsets.lowerBound {
            let start = max(offsets.lowerBound, end - 64 * 1024)
            let bytes = try read(at: start, count: end - start)
            if !bytes.isZero(from: 0), let last = bytes.lastIndex(where: { $0 != 0 }) { return start + last + 1 }
            end = start
        }
        return end
    }

    func sync() throws(VolumeError) { try volume.syncData(file) }
}

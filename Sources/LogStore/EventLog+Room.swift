/// Room: zeros behind the end of the active segment, written ahead of the commits that will lie there.
///
/// A commit into bytes that are on the disk already changes nothing but them, so its sync waits for no journal; one that makes the file
/// longer, or fills what `fallocate` gave (which is on the disk as "never written"), changes the file system too. Figures: Decisions/0008.
extension EventLog {
    /// A step of room holds at least so many commits; a larger commit makes the file longer itself and pays for it once.
    private static var commitsPerStep: Int { 8 }
    private static var chunkBytes: Int { 1024 * 1024 }

    /// Sees to it that a commit of `byteCount` bytes fits into what the file has, where that pays.
    ///
    /// The first commit after opening gets no room, so a program that writes once and ends pays nothing; then a step is as large as all that
    /// was appended so far, within the bounds of the options, so that at most as many zeros are written as commits. That no room is to be had
    /// is no failure: what was written of it is taken back, and the file grows with its commits from then on.
    func makeRoom(for byteCount: Int) {
        guard let file = active?.file, let start = active?.endOffset, let size = active?.sizeBytes else { return }
        let end = start + byteCount
        guard end > size, appendedBytes > 0, !isRoomRefused else { return }
        let step = min(max(appendedBytes, options.roomBytes.lowerBound), options.roomBytes.upperBound)
        guard step >= byteCount * Self.commitsPerStep else { return }
        do throws(VolumeError) {
            // The commit itself fills what lies before.
            try writeZeros(in: end..<(end + step), to: file)
            active?.sizeBytes = end + step
        } catch {
            isRoomRefused = true
            active?.sizeBytes = start
            _ = try? volume.truncate(file.file, to: start)
        }
    }

    /// Cuts the active segment back to its commits. What cannot be cut is left to the next opening, which takes it as room.
    func cutRoom() {
        guard let segment = active, segment.sizeBytes > segment.endOffset else { return }
        guard (try? volume.truncate(segment.file.file, to: segment.endOffset)) != nil else { return }
        active?.sizeBytes = segment.endOffset
    }

    private func writeZeros(in offsets: Range<Int>, to file: OpenFile<Storage>) throws(VolumeError) {
        let zeros = [UInt8](repeating: 0, count: min(Self.chunkBytes, offsets.count))
        try zeros.withUnsafeBytes { bytes -> Result<Void, VolumeError> in
            do throws(VolumeError) {
                for start in stride(from: offsets.lowerBound, to: offsets.upperBound, by: Self.chunkBytes) {
                    let count = min(Self.chunkBytes, offsets.upperBound - start)
                    try volume.writeWhole(file.file, at: start, UnsafeRawBufferPointer(rebasing: bytes[..<count]))
                }
                return .success(())
            } catch { return .failure(error) }
        }.get()
    }
}

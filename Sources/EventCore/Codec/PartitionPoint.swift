extension RandomAccessCollection where Index == Int {
    /// Where the first element is that is not so, behind all that are; the end where all are. O(log n).
    @inlinable
    package func partitionPoint(_ isSo: (Element) throws -> Bool) rethrows -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = low + (high - low) / 2
            if try isSo(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

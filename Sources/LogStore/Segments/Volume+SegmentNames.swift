/// Giving segments their names so that a name that can be seen is one that lasts.
///
/// A sync of a folder that failed is final for a process, but the next one sees the new name all the same, and its own sync of the folder, which finds nothing to do, succeeds. What it
/// then builds on the name would be lost with it. So a file says that a name is in doubt until its sync has succeeded.
extension Volume {
    /// Renames a finished file to a segment's name, durably.
    func putInPlace(_ temporary: String, as name: SegmentName, in folder: LogFolder) throws(VolumeError) {
        try removeIfPresent(folder.doubtfulNames)
        close(try open(folder.doubtfulNames, .creating))
        try rename(temporary, to: folder.segment(name))
        try syncFolder(folder.log)
        // Left over it costs the next opening a copy, and harms nothing.
        _ = try? remove(folder.doubtfulNames)
    }

    /// Where an earlier process left a name in doubt, gives the two newest segments their names anew: copies that are synced first.
    func settleNames(_ names: [SegmentName], in folder: LogFolder) throws(VolumeError) {
        guard try exists(folder.doubtfulNames) else { return }
        for name in names.suffix(2) {
            let path = folder.segment(name)
            try replaceFile(path, by: folder.unfinished(name), in: folder.log, with: try wholeFile(path))
        }
        try remove(folder.doubtfulNames)
    }
}

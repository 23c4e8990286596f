internal import EventCore
internal import LogStore

/// The hub's data folder: a workspace's folder each in `workspaces/`, the admin socket in `private/` and where it lies in `admin`, and `lock`.
struct HubFolder {
    let path: String
    let volume = POSIXVolume()

    var workspaces: String { path + "/workspaces" }
    var adminFile: String { path + "/admin" }

    func folder(of workspace: String) -> String { workspaces + "/" + workspace }

    /// Makes what is missing.
    func prepare() throws(HubError) {
        do throws(VolumeError) {
            try volume.createFolderIfMissing(path)
            try volume.createFolderIfMissing(workspaces)
            try volume.syncFolder(path)
        } catch { throw .volume(error) }
    }

    /// The names of the workspaces that there are, sorted.
    func names() throws(HubError) -> [String] {
        do throws(VolumeError) { return try volume.names(in: workspaces).filter(Self.isName).sorted() } catch { throw .volume(error) }
    }

    /// `[a-z0-9-]{1,63}`.
    static func isName(_ name: String) -> Bool {
        (1...63).contains(name.utf8.count)
            && name.utf8.allSatisfy { 0x61...0x7A ~= $0 || 0x30...0x39 ~= $0 || $0 == UInt8(ascii: "-") }
    }
}

internal import HubServer
internal import SyncClient

/// Where the store is: `--store`, else `$SYNCLINE_STORE`, else the nearest `.syncline` upward.
enum StoreFinder {
    /// The `.syncline` folder.
    static func find(option: String?) throws -> String {
        if let given = named(option) { return folder(of: given) }
        var folder = Machine.currentFolder
        while true {
            let candidate = (folder == "/" ? "" : folder) + "/" + Host.storeFolderName
            if Machine.isFolder(candidate) { return candidate }
            guard folder != "/", let slash = folder.lastIndex(of: "/") else { break }
            folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
        }
        throw ConsoleError(
            code: "no-store", "there is no store here: no \(Host.storeFolderName) in this folder or above it",
            hint: "make one with `syncline init`, or name one with --store DIR")
    }

    /// The `.syncline` folder of a store that is to be made: where others will look for it.
    static func folderForNew(option: String?) -> String { folder(of: named(option) ?? Machine.currentFolder) }

    private static func named(_ option: String?) -> String? {
        guard let given = option ?? Machine.environment("SYNCLINE_STORE"), !given.isEmpty else { return nil }
        return given
    }

    /// Where the store is, or a hub's workspace, which is a store beside the hub's own files: to be looked at, never to be written in.
    static func findForReading(option: String?) throws -> String {
        if let option, Machine.isFolder(option + "/log"), WorkspaceSignatures.isWorkspace(option) { return option }
        return try find(option: option)
    }

    /// Either the `.syncline` folder itself or the one that holds it.
    static func folder(of path: String) -> String { Host.storeFolder(of: path) }
}

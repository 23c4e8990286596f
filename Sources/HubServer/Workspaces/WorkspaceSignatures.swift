internal import HubStore
internal import LogStore
package import SyncCore

/// What a hub knows of its devices' signatures, whether it runs or not.
package enum WorkspaceSignatures {
    /// Whether a hub keeps a workspace in this folder.
    package static func isWorkspace(_ folder: String) -> Bool { (try? POSIXVolume().exists(folder + "/journal")) ?? false }

    /// nil for a folder that is no hub's workspace.
    package static func read(in folder: String) throws(HubError) -> DeviceSignatures? {
        do throws(JournalError) { return try Journal<POSIXVolume>.signatures(in: folder, on: POSIXVolume()) } catch {
            throw HubError(error)
        }
    }
}

internal import ArgumentParser
internal import EventCore

/// The program's name, its commands, and what it says without one.
struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "syncline",
        abstract: "Edits as events, synced without silent winners: conflicts are seen, settled by a person, and undone.",
        discussion:
            "A store is a folder .syncline, found like git's. Example:\n\n  syncline init --name laptop && syncline put notes/trip title=\"To the sea\"",
        version: "syncline 0.1 (format 1)",
        subcommands: [
            InitCommand.self, PutCommand.self, UnsetCommand.self, DeleteCommand.self, GetCommand.self, ListCommand.self, LogCommand.self,
            WhyCommand.self, ConflictsCommand.self, ShowCommand.self, ResolveCommand.self, UndoCommand.self, RedoCommand.self,
            PolicyCommand.self, ImportCommand.self, ExportCommand.self, VerifyCommand.self,
            InspectCommand.self, CheckpointCommand.self, DumpCommand.self, DigestCommand.self, JoinCommand.self, PushCommand.self,
            PullCommand.self, SyncCommand.self, StatusCommand.self, DevicesCommand.self, NameCommand.self, RevokeCommand.self,
            RoleCommand.self, MendCommand.self, HubCommand.self,
            ServeCommand.self, InviteCommand.self, BenchCommand.self, DemoCommand.self, REPLCommand.self,
        ],
        defaultSubcommand: REPLCommand.self)
}

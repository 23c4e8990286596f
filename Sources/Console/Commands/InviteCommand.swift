internal import ArgumentParser
internal import EventCore
internal import HubServer
internal import SyncCore

/// Makes a one-time code, on the hub's machine.
struct InviteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invite", abstract: "Make a one-time code with which a device joins.",
        discussion:
            "Run it on the hub's machine; the hub may run or not. The code is the last word that is printed. Example:\n\n  syncline invite --data hub --role client --ttl 1h"
    )

    @Option(help: ArgumentHelp("The hub's folder.", valueName: "dir")) var data: String
    @Option(help: ArgumentHelp("Which workspace; made on first use.", valueName: "name")) var workspace = "main"
    @Option(help: ArgumentHelp("master, client, or reader, which only pulls.", valueName: "role")) var role = "client"
    @Option(help: ArgumentHelp("How long it is good: 90s, 15min, 1h, 7d.", valueName: "time")) var ttl = "1h"
    @Flag(help: "Print one JSON object.") var json = false

    func run() throws {
        guard let role = Role(rawValue: role) else { throw ConsoleError.usage("“\(role)” is no role", hint: "master, client or reader") }
        guard let life = Arguments.milliseconds(ttl), life > 0 else {
            throw ConsoleError.usage("“\(ttl)” is no time", hint: "for example 90s, 15min, 1h, 7d")
        }
        let isNew = !Machine.isFolder(data)
        let invitation = try AdminClient.invite(
            data: data, workspace: workspace, role: role, lifeMilliseconds: life, clock: Machine.hubClock)
        let output = Output(isJSON: json)
        if json {
            output.object { writer in
                writer.key("code")
                writer.string(invitation.code)
                writer.key("workspace")
                writer.string(invitation.workspace)
                writer.key("role")
                writer.string(invitation.role.rawValue)
                writer.key("expires")
                writer.string(TimeText.iso(milliseconds: invitation.expires))
            }
        } else {
            output.line("a \(invitation.role.rawValue) may join \(invitation.workspace) for \(ttl) with the code \(invitation.code)")
        }
        output.flush()
        if isNew { output.note("\(data) is a new hub's folder: `syncline serve --data DIR` runs the hub that knows this code") }
    }
}

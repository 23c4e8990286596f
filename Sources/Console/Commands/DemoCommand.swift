internal import ArgumentParser
internal import EventCore
internal import LogStore
internal import ReplicaEngine

/// A minute's tour.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Two stores on this machine make a real conflict, exchange events, and settle it.",
        discussion:
            "Prints each command as you would type it. The stores are removed unless kept. Example:\n\n  syncline demo --keep /tmp/tour")

    @Option(help: ArgumentHelp("Keep the stores in this new folder.", valueName: "dir")) var keep: String?

    func run() throws {
        let output = Output()
        let folder: String
        if let keep {
            guard !Machine.isFolder(keep) else {
                throw ConsoleError(code: "folder-exists", "\(keep) is there already", hint: "name a new folder")
            }
            do throws(VolumeError) { try POSIXVolume().createFolderIfMissing(keep) } catch { throw ConsoleError(error) }
            folder = keep
        } else {
            folder = try Machine.temporaryFolder()
        }
        defer { if keep == nil { Machine.removeFolder(folder) } }
        try tour(in: folder, output)
        if keep != nil {
            output.line("")
            output.line("kept: syncline --store \(folder)/laptop log")
        }
        output.flush()
    }

    private func tour(in folder: String, _ output: Output) throws {
        let (laptop, phone) = (folder + "/laptop", folder + "/phone")
        let stage = Stage(folder: folder, output: output)
        output.line("Two devices, one note. Each works offline; events travel in a file.")
        try stage.run("init", laptop, "--name", "laptop")
        try stage.run("init", phone, "--name", "phone")
        try stage.introduce([laptop, phone])
        try stage.run("--store", laptop, "put", "notes/trip", "title=To the sea", "days=3", "--note", "first plan")
        try stage.exchange(laptop, phone)
        output.line("")
        output.line("Now both change it, without seeing each other.")
        try stage.run("--store", laptop, "put", "notes/trip", "title=To the lake", "--note", "the sea is too far")
        try stage.run("--store", phone, "put", "notes/trip", "title=To the mountains", "days=5")
        try stage.exchange(laptop, phone)
        try stage.exchange(phone, laptop)
        output.line("")
        output.line("Nothing was chosen in silence: the title is in conflict, the days merged by themselves.")
        try stage.run("--store", laptop, "conflicts")
        try stage.run("--store", laptop, "show", "notes/trip")
        try stage.run("--store", laptop, "resolve", "notes/trip", "--choose", "phone", "--note", "mountains it is")
        try stage.exchange(laptop, phone)
        output.line("")
        output.line("Settled on one device, settled on both; the history keeps it all.")
        try stage.run("--store", phone, "conflicts")
        try stage.run("--store", phone, "log", "notes/trip")
        try stage.run("--store", laptop, "digest")
        try stage.run("--store", phone, "digest")
        try stage.compare(laptop, phone)
    }

    /// Runs commands as a person would, and prints them.
    private struct Stage {
        let folder: String
        let output: Output

        func run(_ words: String...) throws {
            output.line("$ syncline " + words.map { Self.quoted($0.replacingPrefix(folder + "/", by: "")) }.joined(separator: " "))
            output.flush()
            try Program.perform(words)
        }

        /// Gives one store's events to the other.
        func exchange(_ from: String, _ to: String) throws {
            let file = folder + "/events.jsonl"
            try run("--store", from, "export", file)
            try run("--store", to, "import", file)
        }

        /// Tells each store what the devices are called; devices that share a hub will learn it there.
        func introduce(_ folders: [String]) throws {
            let stores = try folders.map { try Store.open(in: StoreFinder.folder(of: $0), on: POSIXVolume(), access: .writing) }
            for store in stores {
                for other in stores { try store.remember(name: other.name, for: other.device) }
            }
            for store in stores { try store.close() }
        }

        func compare(_ left: String, _ right: String) throws {
            let digests = try [left, right].map {
                try Store.open(in: StoreFinder.folder(of: $0), on: POSIXVolume(), access: .reading).stateDigest()
            }
            guard digests[0] == digests[1] else { throw ConsoleError(code: "internal", "the two stores differ: please report this") }
            output.line("Both stores hold the same.")
        }

        private static func quoted(_ word: String) -> String { word.contains(" ") || word.contains("#") ? "'\(word)'" : word }
    }
}

extension String {
    /// The text without a prefix, wherever it begins so.
    fileprivate func replacingPrefix(_ prefix: String, by replacement: String) -> String {
        hasPrefix(prefix) ? replacement + dropFirst(prefix.count) : self
    }
}

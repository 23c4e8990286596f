internal import ArgumentParser
internal import Glibc
internal import HubServer
internal import ReplicaEngine
internal import SyncClient

/// The whole program: words in, exit status out.
public enum Program {
    /// Runs the command that the arguments name; never returns.
    public static func run(_ arguments: [String]) -> Never {
        signal(SIGPIPE, SIG_IGN)
        Machine.openStandardDescriptors()
        let isJSON = arguments.contains("--json")
        do {
            guard Machine.areArgumentsUTF8 else {
                throw ConsoleError.usage(
                    "an argument is not UTF-8", hint: "names and values are UTF-8; a value may escape bytes as JSON does")
            }
            try perform(arguments)
            exit(0)
        } catch let error as ConsoleError {
            end(with: error, isJSON)
        } catch let error as ReplicaError {
            end(with: ConsoleError(error), isJSON)
        } catch let error as SyncError {
            end(with: ConsoleError(error), isJSON)
        } catch let error as HubError {
            end(with: ConsoleError(error), isJSON)
        } catch let code as ExitCode {
            exit(code.rawValue)
        } catch {
            let status = RootCommand.exitCode(for: error).rawValue
            guard status != 0 else {
                let output = Output()
                output.write(Array((RootCommand.fullMessage(for: error) + "\n").utf8))
                output.flush()
                exit(0)
            }
            guard status == ExitCode.validationFailure.rawValue else {
                end(with: ConsoleError(code: "internal", "something unforeseen: \(error)", hint: "please report this"), isJSON)
            }
            let text = RootCommand.fullMessage(for: error)
            let lines = (text.hasPrefix("Error: ") ? text.dropFirst(7) : text[...]).split(separator: "\n", maxSplits: 1)
            end(with: .usage(lines.first.map(String.init) ?? text, hint: lines.count > 1 ? String(lines[1]) : nil), isJSON)
        }
    }

    private static func end(with error: ConsoleError, _ isJSON: Bool) -> Never {
        Output(isJSON: isJSON).report(error)
        exit(error.status.rawValue)
    }

    /// Runs one command.
    static func perform(_ arguments: [String]) throws {
        let words = commonOptionsLast(arguments)
        if let name = words.first, !name.hasPrefix("-"), !isCommand(name) {
            throw ConsoleError.usage("there is no command “\(name)”", hint: "`syncline --help` lists the commands")
        }
        var command = try RootCommand.parseAsRoot(words)
        try command.run()
    }

    private static func isCommand(_ name: String) -> Bool {
        name == "help" || RootCommand.configuration.subcommands.contains { $0.configuration.commandName == name }
    }

    /// `--store DIR` and `--json` may stand before the subcommand too: they are moved behind it.
    private static func commonOptionsLast(_ arguments: [String]) -> [String] {
        var rest = arguments[...]
        var moved: [String] = []
        while let word = rest.first {
            if word == "--store" {
                moved += rest.prefix(2)
                rest = rest.dropFirst(2)
            } else if word.hasPrefix("--store=") || word == "--json" {
                moved.append(word)
                rest = rest.dropFirst()
            } else {
                break
            }
        }
        guard !rest.isEmpty else { return arguments }
        // Behind `--` everything is data.
        let end = rest.firstIndex(of: "--") ?? rest.endIndex
        return rest[..<end] + moved + rest[end...]
    }
}

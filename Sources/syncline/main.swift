internal import Console

Program.run(Array(CommandLine.arguments.dropFirst()))

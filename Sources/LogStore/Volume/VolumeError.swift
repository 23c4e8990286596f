/// What the file system refused, and where.
package struct VolumeError: Error, Hashable, Sendable {
    package enum Operation: String, Hashable, Sendable {
        case listFolder, createFolder, open, size, read, write, syncData, truncate, dropCache, lock, map, rename, remove, syncFolder
    }

    /// The reasons that are told apart; the numbers are those of Linux.
    package enum Reason: Hashable, Sendable {
        case noSuchFile
        case alreadyExists
        case inputOutput
        case noSpace
        case notPermitted
        case other(code: Int32)

        package init(code: Int32) {
            self =
                switch code {
                case 1, 13, 30: .notPermitted
                case 2: .noSuchFile
                case 5: .inputOutput
                case 17: .alreadyExists
                case 28, 122: .noSpace
                default: .other(code: code)
                }
        }
    }

    package let operation: Operation
    package let path: String
    /// The number the system gave (`errno`).
    package let code: Int32

    package init(_ operation: Operation, _ path: String, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    package var reason: Reason { Reason(code: code) }
}

extension VolumeError: CustomStringConvertible {
    package var description: String { "\(operation.rawValue) \(path): error \(code)" }
}

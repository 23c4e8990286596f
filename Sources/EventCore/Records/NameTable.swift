/// Collections or fields, numbered in the order in which they came.
package struct NameTable {
    package private(set) var names: [Name] = []
    /// Bytes of all names, each with one of length.
    package private(set) var byteCount = 0
    private var indexes: [Name: UInt32] = [:]

    init() {}

    /// The number of `name`; nil if it never came.
    package func index(of name: Name) -> UInt32? { indexes[name] }

    /// Appends how many there are, then each with its length before it.
    func append(to bytes: inout [UInt8]) {
        bytes.appendVarint(names.count)
        for name in names {
            bytes.append(UInt8(name.utf8.count))
            bytes.append(contentsOf: name.utf8)
        }
    }

    mutating func index(adding name: Name) -> UInt32 {
        if let index = indexes[name] { return index }
        let index = UInt32(names.count)
        indexes[name] = index
        names.append(name)
        byteCount += name.utf8.count + 1
        return index
    }
}

package import EventCore
internal import LogStore

/// What devices are called, for people: names that somebody gave here, and names that a hub told, which give way to those.
///
/// Two files of the store. `names`, which a person may edit: a line each with the device's id, a space, its name. `names.told`: one JSON object, ids to names. What is damaged is passed
/// over: a name is never worth refusing a store.
package struct DeviceNames: Hashable, Sendable {
    /// By hand.
    private var given: [DeviceID: String]
    private var told: [DeviceID: String]
    /// Who is called so: more than one where a name does not say which device is meant.
    private var bearers: [String: [DeviceID]] = [:]

    static let fileName = "names"
    static let toldFileName = "names.told"
    private static let idCharacters = 8
    /// Stands between a name that does not say enough and the beginning of an id.
    private static let mark: Character = "~"

    init(given: [DeviceID: String], told: [DeviceID: String] = [:]) {
        self.given = given
        self.told = told
        countBearers()
    }

    /// A device's name; nil when it has none.
    package subscript(device: DeviceID) -> String? { given[device] ?? told[device] }

    /// Every device that has a name.
    package var devices: Set<DeviceID> { Set(given.keys).union(told.keys) }

    /// Whether somebody here named a device so.
    package func isGiven(_ name: String) -> Bool { given.values.contains(name) }

    /// What a device is shown as, so that no other one is shown alike: its name, `name~4e1fbf6a` where that does not say enough, or the first characters of its id.
    ///
    /// - Parameter taken: words that mean something else where the label is typed.
    package func label(of device: DeviceID, besides taken: Set<String> = []) -> String {
        let id = device.description
        guard let name = self[device] else {
            let start = String(id.prefix(Self.idCharacters))
            return bearers[start] == nil ? start : id
        }
        let others = (bearers[name] ?? []).filter { $0 != device }.map(\.description)
        guard !others.isEmpty || name.contains(Self.mark) || (taken.contains(name) && given[device] == nil) else { return name }
        let count = (Self.idCharacters...id.count).first { count in !others.contains { $0.hasPrefix(id.prefix(count)) } } ?? id.count
        return "\(name)\(Self.mark)\(id.prefix(count))"
    }

    mutating func give(_ name: String?, to device: DeviceID) {
        given[device] = name
        countBearers()
    }

    /// - Returns: whether that is anything new.
    mutating func hear(_ names: [DeviceID: String]) -> Bool {
        let all = told.merging(names) { $1 }
        guard all != told else { return false }
        told = all
        countBearers()
        return true
    }

    private mutating func countBearers() {
        bearers = Dictionary(grouping: devices) { self[$0] ?? "" }
    }

    // MARK: - Files

    /// What the files of a store say that are there.
    static func read<Storage: Volume>(in folder: String, on volume: Storage) throws(VolumeError) -> DeviceNames {
        DeviceNames(
            given: try volume.fileIfPresent(folder + "/" + fileName).map(given(in:)) ?? [:],
            told: try volume.fileIfPresent(folder + "/" + toldFileName).map(told(in:)) ?? [:])
    }

    private static func given(in text: [UInt8]) -> [DeviceID: String] {
        var names: [DeviceID: String] = [:]
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            if parts.count == 2, let device = DeviceID(parts[0]) { names[device] = String(parts[1]) }
        }
        return names
    }

    private static func told(in text: [UInt8]) -> [DeviceID: String] {
        var names: [DeviceID: String] = [:]
        for member in (try? JSONValue(json: text))?.members ?? [] {
            guard let device = DeviceID(String(decoding: member.key, as: UTF8.self)), let name = member.value.text else { continue }
            names[device] = name
        }
        return names
    }

    var givenText: [UInt8] { Array(given.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined().utf8) }

    var toldText: [UInt8] {
        let members = told.map { JSONValue.Member(key: Array($0.key.description.utf8), value: .string(Array($0.value.utf8))) }
        return JSONValue.object(members).canonical.canonical + [0x0A]
    }
}

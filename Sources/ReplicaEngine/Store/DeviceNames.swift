internal import EventCore
internal import LogStore

/// The `names` file of a store: what devices are called here. A line each: the device's id, a space, its name.
///
/// For people only. A damaged line is passed over: a name is never worth refusing a store.
enum DeviceNames {
    static let fileName = "names"

    static func read<Storage: Volume>(in folder: String, on volume: Storage) -> [DeviceID: String] {
        guard let text = try? volume.wholeFile(folder + "/" + fileName) else { return [:] }
        var names: [DeviceID: String] = [:]
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            if parts.count == 2, let device = DeviceID(parts[0]) { names[device] = String(parts[1]) }
        }
        return names
    }

    static func text(_ names: [DeviceID: String]) -> [UInt8] {
        Array(names.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined().utf8)
    }
}

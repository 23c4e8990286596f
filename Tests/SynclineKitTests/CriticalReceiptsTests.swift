import EventCore
import SyncClient
import SyncCore
import Testing

/// What a device was told of its urgent events: by a watch and by commands, in any order.
@Suite struct CriticalReceiptsTests {
    private let phone = DeviceID(high: 0, low: 2)
    private let tablet = DeviceID(high: 0, low: 3)

    private func dot(_ seq: UInt64) -> Dot { Dot(device: DeviceID(high: 0, low: 1), seq: seq) }

    /// Who has the first event, and who has not.
    private func told(_ receipts: CriticalReceipts) -> [[DeviceID]]? { receipts[dot(1)].map { [$0.by, $0.missing] } }

    /// What the hub answers to `status`: one event with its readers, or none.
    private func status(_ dot: Dot? = nil, by: [DeviceID] = [], missing: [DeviceID] = []) throws -> JSONValue {
        let list = { (devices: [DeviceID]) in devices.map { "\"\($0)\"" }.joined(separator: ",") }
        let item = dot.map { "{\"dot\":\"\($0)\",\"by\":[\(list(by))],\"missing\":[\(list(missing))]}" } ?? ""
        return try JSONValue(json: Array("{\"caller\":{\"ownCritical\":[\(item)]}}".utf8))
    }

    /// Found by a black-box test: a command that had asked just before made a receipt into none.
    @Test func `word that comes late takes nothing back`() throws {
        var receipts = CriticalReceipts()
        receipts.take(status: try status(dot(1), missing: [phone, tablet]))
        #expect(told(receipts) == [[], [phone, tablet]])
        receipts.take(dot(1), by: [phone], missing: [tablet])
        receipts.take(status: try status(dot(1), missing: [phone, tablet]))
        #expect(told(receipts) == [[phone], [tablet]])
        receipts.take(dot(1), by: [tablet, phone], missing: [])
        receipts.take(status: try status())
        #expect(told(receipts) == [[phone, tablet], []])
        #expect(receipts.incomplete.isEmpty)
    }
}

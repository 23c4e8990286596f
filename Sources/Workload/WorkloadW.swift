package import EventCore

/// Workload W, the yardstick of every figure: `count` events over a tenth as many records.
///
/// Collection `notes`, ids of 16 hexadecimal digits drawn by Zipf 0.8, three fields set by an event, times that rise by 1–60 ms.
/// One event of a hundred is concurrent with the newest of its record, one of two hundred settles what such a pair left contested;
/// all others leave contested fields alone. Each context is what the writer had seen: the record's whole clock, but for a concurrent
/// event, which has not seen the newest one. So 99 % of the contexts are the record's clock, and all are closed.
package struct WorkloadW: Sequence, IteratorProtocol, Sendable {
    /// What may differ from the yardstick.
    package struct Options: Sendable, Hashable {
        /// How many devices write, at least 2.
        package var devices: Int
        /// How many fields a record may have, 6 to 64; three of four hold strings, the others integers.
        package var fields: Int
        /// How many records there are; nil for a tenth of the events.
        package var records: Int?

        package init(devices: Int = 8, fields: Int = 8, records: Int? = nil) {
            self.devices = devices
            self.fields = fields
            self.records = records
        }
    }

    /// How many events there are in all.
    package let count: Int
    /// The writers, by the index that the generator uses.
    package let devices: [DeviceID]
    /// How many of the events given so far were concurrent with another one of their record.
    package private(set) var concurrentCount = 0
    /// How many of the events given so far settled a conflict.
    package private(set) var resolvingCount = 0

    private let collection = Self.name("notes")
    private let fields: [WorkloadField]
    private let zipf: ZipfTable
    /// Positions in `devices`, in the order of the devices' bytes.
    private let devicesInOrder: [Int]
    private var random: SeededRandom
    private var given = 0
    private var milliseconds: UInt64 = 1_760_000_000_000
    private var seqs: [UInt32]
    /// Per record and device the highest seq.
    private var clocks: [UInt32]
    private var records: [WorkloadRecord]
    private var contested: [UInt32] = []

    package init(events count: Int, seed: UInt64, options: Options = Options()) {
        precondition(count >= 0 && count < Int(UInt32.max))
        precondition(options.devices >= 2 && options.devices <= Int(UInt16.max))
        precondition(options.fields >= 6 && options.fields <= 64)
        let recordCount = options.records ?? Swift.max(1, count / 10)
        var random = SeededRandom(seed: seed)
        let devices = (0..<options.devices).map { _ in DeviceID(high: random.next(), low: random.next()) }
        self.count = count
        self.devices = devices
        devicesInOrder = devices.indices.sorted { devices[$0] < devices[$1] }
        fields = WorkloadField.table(count: options.fields)
        zipf = ZipfTable(count: recordCount)
        seqs = Array(repeating: 0, count: devices.count)
        clocks = Array(repeating: 0, count: devices.count * recordCount)
        records = Array(repeating: WorkloadRecord(), count: recordCount)
        self.random = random
    }

    /// The next event of the history, in an order that is causal; nil after `count` of them.
    package mutating func next() -> Event? {
        guard given < count else { return nil }
        given += 1
        milliseconds += UInt64(1 + random.below(60))
        return switch random.below(200) {
        case 0: resolvingEvent() ?? ordinaryEvent()
        case 1, 2: concurrentEvent() ?? ordinaryEvent()
        default: ordinaryEvent()
        }
    }

    /// An edit that has seen everything of its record and leaves contested fields alone.
    private mutating func ordinaryEvent() -> Event {
        let index = zipf.draw(&random)
        return event(
            of: index, by: random.below(devices.count), fields: mask(from: ~records[index].contested), hidden: nil, kind: .edit)
    }

    /// An edit that has not seen the newest event of its record; nil when no such record was found.
    private mutating func concurrentEvent() -> Event? {
        for _ in 0..<50 {
            let index = zipf.draw(&random)
            let record = records[index]
            guard record.canFork else { continue }
            let newest = Int(record.newestDevice)
            // A device has always seen its own events.
            let device = (newest + 1 + random.below(devices.count - 1)) % devices.count
            let fields = mask(from: .max)
            let event = event(of: index, by: device, fields: fields, hidden: newest, kind: .edit)
            records[index].contested = fields & record.newestFields
            records[index].canFork = false
            if records[index].contested != 0 { contested.append(UInt32(index)) }
            concurrentCount += 1
            return event
        }
        return nil
    }

    /// An event that writes every contested field of a record; nil when none is contested.
    private mutating func resolvingEvent() -> Event? {
        guard !contested.isEmpty else { return nil }
        let place = random.below(contested.count)
        let index = Int(contested[place])
        contested.swapAt(place, contested.count - 1)
        contested.removeLast()
        let open = records[index].contested
        records[index].contested = 0
        resolvingCount += 1
        return event(of: index, by: random.below(devices.count), fields: mask(from: .max, with: open), hidden: nil, kind: .resolve)
    }

    /// Three fields of `allowed`, those of `chosen` among them.
    private mutating func mask(from allowed: UInt64, with chosen: UInt64 = 0) -> UInt64 {
        var mask = chosen
        while mask.nonzeroBitCount < 3 { mask |= 1 << UInt64(random.below(fields.count)) & allowed }
        return mask
    }

    /// Writes the event down and enters it into the record's state. `hidden` is the device whose newest event was not seen.
    private mutating func event(of index: Int, by device: Int, fields mask: UInt64, hidden: Int?, kind: EventKind) -> Event {
        let context = context(of: index, hidden: hidden)
        let base = index * devices.count
        seqs[device] += 1
        records[index].canFork = records[index].contested == 0
        records[index].newestDevice = UInt16(device)
        records[index].newestFields = mask
        records[index].seqBeforeNewest = clocks[base + device]
        clocks[base + device] = seqs[device]
        do {
            return try Event(
                dot: Dot(device: devices[device], seq: UInt64(seqs[device])),
                key: RecordKey(collection: collection, record: Self.recordName(index)),
                context: context,
                time: HybridTime(packed: milliseconds << 16),
                body: .write(set: writes(mask), unset: []),
                kind: kind)
        } catch {
            preconditionFailure("the generator wrote something that is not an event: \(error)")
        }
    }

    private func context(of index: Int, hidden: Int?) -> VersionVector {
        let base = index * devices.count
        var entries: [Dot] = []
        entries.reserveCapacity(devices.count)
        for device in devicesInOrder {
            let seq = device == hidden ? records[index].seqBeforeNewest : clocks[base + device]
            if seq > 0 { entries.append(Dot(device: devices[device], seq: UInt64(seq))) }
        }
        return VersionVector(sorted: entries)
    }

    private mutating func writes(_ mask: UInt64) -> [FieldWrite] {
        var rest = mask
        var writes: [FieldWrite] = []
        writes.reserveCapacity(3)
        while rest != 0 {
            let field = fields[rest.trailingZeroBitCount]
            writes.append(FieldWrite(field: field.name, value: field.value(&random)))
            rest &= rest - 1
        }
        return writes
    }

    private static func recordName(_ index: Int) -> Name {
        // One step of SplitMix64 is a bijection, so no two records share an id.
        var random = SeededRandom(seed: UInt64(index) + 1_000_003)
        return Name(unchecked: WorkloadField.hexadecimal(random.next()))
    }

    private static func name(_ text: StaticString) -> Name {
        Name(unchecked: text.withUTF8Buffer { Array($0) })
    }
}

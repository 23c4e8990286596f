import EventCore
import EventSamples
import SyncCore
import Testing

/// Messages as text frames: each comes back, and what is none is refused.
struct MessageTextTests {
    private static let dot = Dot(device: .sample(3), seq: 4)

    static func deviceMessages() -> [DeviceMessage] {
        let registrations = [
            Registration(device: .sample(1), name: "pho“ne\n", canLead: true, priority: 7, cursor: [0, 1, 255]),
            Registration(device: .sample(2), name: ""),
        ]
        return registrations.map(DeviceMessage.register)
            + AcknowledgementOutcome.allCases.map { .acknowledge(Position(9), $0) }
            + [.heartbeat(DeviceHeartbeat(id: 1, epoch: 2, lag: 3, pending: 4))]
    }

    static func hubMessages() -> [HubMessage] {
        let leaderships = [
            Leadership(role: .master, master: .sample(1), epoch: 3), Leadership(role: .reader, master: nil, epoch: 0),
        ]
        var limits = SyncLimits()
        (limits.bodyBytes, limits.events, limits.messageBytes) = (1, 2, 3)
        (limits.waitMilliseconds, limits.tokenMilliseconds, limits.heartbeatMilliseconds, limits.leaseMilliseconds) = (4, 5, 6, 7)
        limits.bodyMilliseconds = 8
        return leaderships.flatMap { leadership -> [HubMessage] in
            [
                .registered(Registered(session: ConnectionID(5), leadership: leadership, head: Position(6), limits: limits)),
                .heartbeat(
                    HubHeartbeat(ref: 1, leadership: leadership, head: Position(2), tokenExpiresInMilliseconds: 3, wall: 4)),
                .roleChanged(leadership),
            ]
        } + [
            .criticalEvent(Delivery(id: Position(1), dot: dot, attempt: 2, includesEvent: false, byteCount: 300)),
            .acknowledged(dot, by: [.sample(1), .sample(2)], missing: []), .acknowledged(dot, by: [], missing: [.sample(1)]),
            .changes(head: Position(8)),
        ] + ProblemCode.allCases.map { .error(Problem($0)) } + [.error(Problem(.gap, retryAfterMilliseconds: 5, expected: dot))]
    }

    @Test func `every message comes back from its text`() throws {
        for message in Self.deviceMessages() { #expect(DeviceMessage(json: try JSONValue(json: message.json)) == message) }
        for message in Self.hubMessages() {
            #expect(HubMessage(json: try JSONValue(json: message.json(detail: "a sentence"))) == message)
            #expect(message.byteCountEstimate >= message.json().count || message.json().count > 256)
        }
    }

    @Test func `a delivery carries its event, where it is there`() throws {
        let event = try Event.sample(3, 4, isCritical: true)
        let delivery = Delivery(id: Position(1), dot: event.dot, attempt: 1, includesEvent: true, byteCount: event.canonicalJSON.count)
        let text = HubMessage.criticalEvent(delivery).json(event: event)
        let object = try JSONValue(json: text)
        #expect(HubMessage(json: object) == .criticalEvent(delivery))
        #expect(object["event"]?.canonical == FieldValue(uncheckedCanonical: event.canonicalJSON))
        #expect(text.count <= HubMessage.criticalEvent(delivery).byteCountEstimate)
    }

    @Test func `without any of what it needs a message is none`() throws {
        let optional = ["epoch", "lag", "pending", "roles", "priority", "cursor", "master", "by", "missing", "limits", "position", "event"]
        let needed: [(text: [UInt8], isMessage: (JSONValue) -> Bool, optional: [String])] =
            Self.deviceMessages().map { ($0.json, { DeviceMessage(json: $0) != nil }, optional) }
            + Self.hubMessages().map { message in
                let isError = if case .error = message { true } else { false }
                let isLeadership = message.json().contains(Array("\"role\"".utf8))
                return (
                    message.json(), { HubMessage(json: $0) != nil },
                    isError
                        ? ["title", "status", "detail", "retryable", "retryAfterMs", "device", "expected"]
                        : optional.filter { $0 != "epoch" || !isLeadership }
                )
            }
        for (text, isMessage, optional) in needed {
            let members = try #require(try JSONValue(json: text).members)
            for left in members.indices {
                let name = String(decoding: members[left].key, as: UTF8.self)
                let rest = JSONValue.object(members.enumerated().filter { $0.offset != left }.map(\.element))
                #expect(isMessage(rest) == optional.contains(name), "\(String(decoding: text, as: UTF8.self)) without \(name)")
            }
        }
    }

    @Test(arguments: [
        #"{}"#, #"[]"#, #"{"type":"what"}"#, #"{"type":7}"#,
        #"{"type":"acknowledge","delivery":1,"outcome":"perhaps"}"#, #"{"type":"heartbeat","id":-1}"#,
        #"{"type":"register_device","device":"no","name":"a"}"#,
        #"{"type":"register_device","device":"00000000-0000-0000-0000-000000000001","name":"a","roles":["king"]}"#,
        #"{"type":"register_device","device":"00000000-0000-0000-0000-000000000001","name":"a","cursor":"xyz"}"#,
        #"{"type":"register_device","device":"00000000-0000-0000-0000-000000000001","name":"a","cursor":7}"#,
        #"{"type":"error","code":"no-such-code"}"#, #"{"type":"acknowledged","dot":"00000000-0000-0000-0000-000000000001:0"}"#,
        #"{"type":"acknowledged","dot":"00000000-0000-0000-0000-000000000001"}"#, #"{"type":"role_changed","role":"king","epoch":1}"#,
    ]) func `what is no message`(text: String) throws {
        let object = try JSONValue(json: text.utf8)
        #expect(DeviceMessage(json: object) == nil && HubMessage(json: object) == nil)
    }

    @Test func `a cursor that is null or left out is the start; one of many digits more than a number has is clamped`() throws {
        let text =
            #"{"type":"register_device","device":"00000000-0000-0000-0000-000000000001","name":"a","cursor":null,"priority":18446744073709551615}"#
        guard case .register(let registration) = DeviceMessage(json: try JSONValue(json: text.utf8)) else {
            Issue.record("it is a registration")
            return
        }
        #expect(registration.cursor == nil && registration.priority <= Int.max && !registration.canLead)
    }

    /// A device that is connected, told the texts one after the other, some time after each.
    private static func tell(_ texts: [String]) throws -> SyncState? {
        var session = DeviceSession(.init(device: .sample(1), name: "a", role: .master), cursor: nil)
        var (time, attempt, state) = (UInt64(0), UInt64(0), SyncState?.none)
        func step(_ input: DeviceInput) {
            for effect in session.step(input, now: .at(time), random: .max) {
                if case .open(let number, _, _) = effect { attempt = number }
                if case .show(let status) = effect { state = status.state }
                if case .pull(_, _, let limit, _) = effect { #expect(limit > 0) }
            }
        }
        step(.start)
        step(.opened(attempt: attempt))
        for text in texts {
            if let message = HubMessage(json: try JSONValue(json: text.utf8)) { step(.received(attempt: attempt, message)) }
            time += 1_000
            step(.tick)
        }
        return state
    }

    @Test(arguments: [0, 1, 1 << 40, 1 << 63, UInt64.max]) func `whatever numbers a hub says, a device goes on`(number: UInt64) throws {
        let limits = ["bodyBytes", "events", "messageBytes", "waitMs", "tokenMs", "heartbeatMs", "leaseMs"].map { "\"\($0)\":\(number)" }
        let registered =
            #"{"type":"registered","session":1,"role":"master","epoch":\#(number),"head":7,"limits":{\#(limits.joined(separator: ","))}}"#
        let id = "00000000-0000-0000-0000-000000000002"
        let texts = [
            registered, #"{"type":"registered","session":1,"role":"client","epoch":1,"head":\#(number)}"#,
            #"{"type":"changes","head":\#(number)}"#,
            #"{"type":"critical_event","delivery":\#(number),"dot":"\#(id):1","attempt":\#(number),"bytes":\#(number)}"#,
            #"{"type":"heartbeat","ref":1,"role":"master","epoch":\#(number),"head":\#(number),"tokenExpiresInMs":\#(number),"time":\#(number)}"#,
            #"{"type":"role_changed","role":"master","epoch":\#(number)}"#,
            #"{"type":"error","code":"rate-limited","retryAfterMs":\#(number)}"#,
            #"{"type":"error","code":"gap","device":"\#(id)","expected":\#(number)}"#,
        ]
        #expect(try Self.tell([registered] + texts) != nil)
        for text in texts { #expect(try Self.tell([registered, text]) != nil) }
        if number > 1 << 62 { for text in texts[1...3] { #expect(HubMessage(json: try JSONValue(json: text.utf8)) == nil) } }
    }

    @Test func `limits that are not said are the usual ones`() throws {
        #expect(SyncLimits(json: nil) == SyncLimits())
        #expect(SyncLimits(json: try JSONValue(json: Array("{}".utf8))) == SyncLimits())
        var writer = JSONWriter()
        SyncLimits().write(to: &writer)
        let object = try JSONValue(json: writer.bytes)
        #expect(SyncLimits(json: object) == SyncLimits())
        #expect(object["redeliveryMs"]?.items?.compactMap(\.integer) == SyncLimits().redeliveryMilliseconds)
        #expect(SyncLimits(json: try JSONValue(json: Array(#"{"events":3}"#.utf8))).events == 3)
    }
}

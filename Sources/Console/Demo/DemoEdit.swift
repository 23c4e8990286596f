internal import EventCore

/// What somebody wrote in the demonstration.
struct DemoEdit {
    let device: Int
    let minutesAgo: UInt64
    let record: String
    /// nil deletes.
    let fields: String?
    var note: String?

    func draft() throws -> Draft {
        let body = try fields.map { try EventBody.writing(set: try Arguments.writes(object: $0)) } ?? .delete
        return Draft(key: try Arguments.record(record), body: body, note: try Arguments.note(note))
    }

    private static let plan = ["Pack on Friday.", "Take the early train.", "Hotel at the harbour.", "Home on Sunday."]

    static let before = [
        DemoEdit(device: 0, minutesAgo: 240, record: "notes/trip", fields: #"{"title":"To the sea","days":3,"who":["Ann","Ben"]}"#),
        DemoEdit(device: 0, minutesAgo: 239, record: "notes/plan", fields: text(plan)),
        DemoEdit(device: 1, minutesAgo: 238, record: "notes/tent", fields: #"{"title":"Borrow the tent","from":"Cleo"}"#),
    ]

    static let apart = [
        DemoEdit(
            device: 0, minutesAgo: 90, record: "notes/trip", fields: #"{"title":"To the lake","days":4}"#, note: "the sea is too far"),
        DemoEdit(device: 1, minutesAgo: 75, record: "notes/trip", fields: #"{"title":"To the mountains","days":5}"#),
        DemoEdit(device: 2, minutesAgo: 60, record: "notes/plan", fields: text([plan[0], "Take the night train.", plan[2], plan[3]])),
        DemoEdit(device: 1, minutesAgo: 50, record: "notes/plan", fields: text([plan[0], plan[1], plan[2], "Home on Monday."])),
        DemoEdit(device: 2, minutesAgo: 30, record: "notes/tent", fields: nil, note: "we sleep indoors"),
        DemoEdit(device: 1, minutesAgo: 20, record: "notes/tent", fields: #"{"from":"Dan"}"#),
    ]

    private static func text(_ lines: [String]) -> String {
        let text = FieldValue(utf8: Array((lines.joined(separator: "\n") + "\n").utf8))
        return #"{"text":\#(text)}"#
    }
}

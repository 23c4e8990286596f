internal import EventCore
internal import SyncCore

/// Reads arbitrary bytes as the small things that calls carry: cursors, tokens, codes, ids, bodies of those who enrol and sign in. What is understood comes back from its text.
package func fuzzWords(_ bytes: UnsafeRawBufferPointer) {
    let all = Array(bytes)
    if let cursor = Cursor(bytes: all) { precondition(cursor.bytes == all) }
    if let hexadecimal = Hexadecimal.bytes(all) { precondition(Array(Hexadecimal.text(hexadecimal).utf8) == all) }
    let text = String(decoding: bytes, as: UTF8.self)
    if let device = DeviceID(text) { precondition(DeviceID(device.description) == device && device.description == text) }
    if let token = BearerToken(text) { precondition(token.text == text) }
    let code = Secret(code: text)
    precondition(Secret(code: String(decoding: code.bytes, as: UTF8.self)) == code)
    checkBody(all)
}

private func checkBody(_ bytes: [UInt8]) {
    do throws(MalformedBody) {
        let body = try JSONBody(bytes)
        _ = try? SignIn(body)
        _ = try? body.optionalText("workspace")
        let enrolment = try Enrolment(body)
        guard let again = try? Enrolment(JSONBody(enrolment.json)) else { preconditionFailure("what was written is refused") }
        precondition(again == enrolment)
    } catch {
        guard case .json(let error) = error else { return }
        precondition(error.offset >= 0 && error.offset <= bytes.count)
    }
}

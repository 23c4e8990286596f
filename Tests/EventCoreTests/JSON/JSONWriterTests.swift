import EventCore
import Testing

@Suite struct JSONWriterTests {
    @Test func `commas, escapes and numbers come by themselves`() throws {
        let device = try #require(DeviceID("467fd1e3-dd18-5468-a980-b6b45d94434a"))
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("empty")
        writer.beginArray()
        writer.endArray()
        writer.key("numbers")
        writer.beginArray()
        writer.integer(Int64.min)
        writer.integer(UInt64.max)
        writer.integer(0)
        writer.number(0.5)
        writer.number(.nan)
        writer.endArray()
        writer.key("a\"\n".utf8)
        writer.string("é\u{1}\\")
        writer.key("flags")
        writer.beginArray()
        writer.boolean(true)
        writer.null()
        writer.boolean(false)
        writer.canonical(try FieldValue(json: "{ }".utf8))
        writer.endArray()
        writer.key("dot")
        writer.dot(Dot(device: device, seq: 12))
        writer.key("clock")
        writer.versionVector(VersionVector([Dot(device: device, seq: 3), Dot(device: DeviceID(high: 0, low: 1), seq: 10)]))
        writer.endObject()
        writer.endLine()
        writer.integer(1)
        #expect(
            String(decoding: writer.bytes, as: UTF8.self) == """
                {"empty":[],"numbers":[-9223372036854775808,18446744073709551615,0,0.5,null],"a\\"\\n":"é\\u0001\\\\",\
                "flags":[true,null,false,{}],"dot":"467fd1e3-dd18-5468-a980-b6b45d94434a:12",\
                "clock":{"00000000-0000-0000-0000-000000000001":10,"467fd1e3-dd18-5468-a980-b6b45d94434a":3}}
                1
                """)
    }

    @Test func `a writer that was emptied starts anew`() {
        var writer = JSONWriter()
        writer.beginArray()
        writer.integer(1)
        writer.removeAll()
        writer.null()
        #expect(writer.bytes == Array("null".utf8))
    }

    @Test func `values are made from Swift's own`() throws {
        #expect(FieldValue(text: "a\"é").description == "\"a\\\"é\"")
        #expect(FieldValue(integer: .min).description == "-9223372036854775808")
        #expect(FieldValue(boolean: true).description == "true")
        #expect(FieldValue(number: 1)?.description == "1")
        #expect(try JSONValue(json: "{\"a\":[1]}".utf8)["a"] == .array([.integer(1)]))
        #expect(try JSONValue(json: "[]".utf8)["a"] == nil)
    }

    @Test func `a tree made by hand is sorted when it is written`() {
        let tree = JSONValue.object([.init(key: Array("\u{FB33}".utf8), value: .null), .init(key: Array("😀".utf8), value: .unsigned(1))])
        #expect(tree.canonical.description == "{\"😀\":1,\"\u{FB33}\":null}")
    }

    @Test func `bytes that only claim to be canonical make an error, not a tree`() {
        #expect(throws: JSONError.self) { try JSONValue(FieldValue(uncheckedCanonical: Array("[1,".utf8))) }
        #expect(throws: JSONError.self) { try JSONValue(FieldValue(uncheckedCanonical: Array("1 1".utf8))) }
        #expect(throws: JSONError.self) {
            try JSONValue(FieldValue(uncheckedCanonical: Array(repeating: UInt8(ascii: "["), count: 100_000)))
        }
    }
}

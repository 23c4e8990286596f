import EventCore
import Testing
import Workload

@Suite struct CanonicalNumberTests {
    static let appendixB: [(bits: UInt64, text: String)] = [
        (0x0000_0000_0000_0000, "0"), (0x8000_0000_0000_0000, "0"), (0x0000_0000_0000_0001, "5e-324"), (0x8000_0000_0000_0001, "-5e-324"),
        (0x7FEF_FFFF_FFFF_FFFF, "1.7976931348623157e+308"), (0xFFEF_FFFF_FFFF_FFFF, "-1.7976931348623157e+308"),
        (0x4340_0000_0000_0000, "9007199254740992"), (0xC340_0000_0000_0000, "-9007199254740992"),
        (0x4430_0000_0000_0000, "295147905179352830000"), (0x44B5_2D02_C7E1_4AF5, "9.999999999999997e+22"),
        (0x44B5_2D02_C7E1_4AF6, "1e+23"), (0x44B5_2D02_C7E1_4AF7, "1.0000000000000001e+23"),
        (0x444B_1AE4_D6E2_EF4E, "999999999999999700000"), (0x444B_1AE4_D6E2_EF4F, "999999999999999900000"),
        (0x444B_1AE4_D6E2_EF50, "1e+21"), (0x3EB0_C6F7_A0B5_ED8C, "9.999999999999997e-7"), (0x3EB0_C6F7_A0B5_ED8D, "0.000001"),
        (0x41B3_DE43_5555_5553, "333333333.3333332"), (0x41B3_DE43_5555_5554, "333333333.33333325"),
        (0x41B3_DE43_5555_5555, "333333333.3333333"), (0x41B3_DE43_5555_5556, "333333333.3333334"),
        (0x41B3_DE43_5555_5557, "333333333.33333343"), (0xBECB_F647_612F_3696, "-0.0000033333333333333333"),
        (0x4314_3FF3_C1CB_0959, "1424953923781206.2"),
    ]

    @Test(arguments: appendixB)
    func `doubles are printed as RFC 8785, appendix B, prints them`(bits: UInt64, text: String) {
        #expect(FieldValue(number: Double(bitPattern: bits))?.description == text)
    }

    @Test func `not a number and the infinities have no form`() {
        #expect(FieldValue(number: .nan) == nil)
        #expect(FieldValue(number: .infinity) == nil)
        #expect(FieldValue(number: -.infinity) == nil)
    }

    @Test(arguments: ArbitraryJSON.seeds)
    func `a double's form is the same double and is canonical`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<300 {
            let number = ArbitraryJSON.double(&random)
            let form = try #require(FieldValue(number: number))
            #expect(Double(form.description) == number, "seed \(seed)")
            #expect(try FieldValue(json: form.canonical) == form, "seed \(seed)")
        }
    }

    @Test(
        arguments: [
            ("0", "0"), ("-0", "0"), ("-0.0", "0"), ("0e0", "0"), ("-0E+5", "0"), ("1.0", "1"), ("-1.50", "-1.5"), ("1e2", "100"),
            ("1E+2", "100"), ("100e-2", "1"), ("1e20", "100000000000000000000"), ("1e21", "1e+21"), ("1e-6", "0.000001"), ("1e-7", "1e-7"),
            ("123456789.125e3", "123456789125"), ("1e-400", "0"), ("-1e-400", "0"), ("4.9e-324", "5e-324"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"), ("0.1", "0.1"), ("0.10", "0.1"), ("1.1e1", "11"),
            ("9007199254740993", "9007199254740993"), ("9007199254740993.0", "9007199254740992"),
            ("9223372036854775807", "9223372036854775807"), ("-9223372036854775808", "-9223372036854775808"),
            ("18446744073709551615", "18446744073709551615"), ("18446744073709552000", "18446744073709552000"),
            ("18446744073709551616.0", "18446744073709552000"), ("100000000000000000000", "100000000000000000000"),
            ("-9223372036854776000", "-9223372036854776000"), ("999999999999999900000", "999999999999999900000"),
            ("123456789012345678", "123456789012345678"), ("-123456789012345678", "-123456789012345678"),
        ])
    func `a literal has one form`(literal: String, form: String) throws {
        let value = try FieldValue(json: literal.utf8)
        #expect(value.description == form)
        #expect(try FieldValue(json: value.canonical) == value)
    }

    @Test(
        arguments: [
            ("18446744073709551616", JSONError.Reason.integerOutOfRange), ("-9223372036854775809", .integerOutOfRange),
            ("100000000000000000001", .integerOutOfRange), ("1000000000000000000000", .integerOutOfRange),
            ("-18446744073709551615", .integerOutOfRange), (String(repeating: "9", count: 400), .integerOutOfRange),
            ("1e400", .numberOutOfRange),
            ("-1E400", .numberOutOfRange), ("1.8e308", .numberOutOfRange), ("\(String(repeating: "9", count: 400)).5", .numberOutOfRange),
        ])
    func `a literal that no number of ours prints is refused`(literal: String, reason: JSONError.Reason) {
        #expect(throws: JSONError(line: 1, column: 2, offset: 1, reason: reason)) { try FieldValue(json: "[\(literal)]".utf8) }
    }
}

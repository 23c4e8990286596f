import EventCore
import Testing
import Workload

/// Policies as pure functions. What they make of whole histories is held by `BlackBox/test_policies.py`, against a reference of its own.
struct PolicyTests {
    @Test(arguments: 0..<300 as Range<UInt64>) func `the order and number of siblings play no part`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let base = try (0..<random.below(3)).map { _ in try Self.value(&random) }
        let contenders = try (0..<(2 + random.below(4))).map { index in
            Contender(
                value: try Self.value(&random),
                rank: Rank(
                    time: try HybridTime(milliseconds: UInt64(random.below(3))),
                    dot: Dot(device: DeviceID(high: 1, low: 1), seq: UInt64(index + 1))),
                epoch: UInt64(random.below(2)))
        }
        for policy in Policy.allCases {
            let decision = policy.decision(base: base, contenders: contenders)
            #expect(
                policy.decision(base: base.reversed(), contenders: contenders.shuffled(using: &random)) == decision,
                "seed \(seed), \(policy)")
            if case .value(let value) = decision, [.latest, .master, .max, .min].contains(policy) {
                #expect(contenders.contains { $0.value == value }, "seed \(seed), \(policy): nothing is made up")
            }
        }
        let merge = AutomaticMerge(base: base, values: contenders.map(\.value)).decision
        #expect(
            AutomaticMerge(base: base, values: contenders.map(\.value).reversed() + [contenders[0].value]).decision == merge, "seed \(seed)"
        )
    }

    @Test func `what a policy makes of several values leaves a trace in one of them`() throws {
        var (random, made) = (SeededRandom(seed: 7), [Policy.union: 0, .text: 0])
        let words = ["", "a \"word\"", "é\u{1F600}", "\u{1}\\", "a longer line"]
        let items = ["1", "-0.5", "\"a\"", "\"a \\\"b\\n\"", "[2,[]]", "{\"k\":null}", "\"é\""]
        for round in 0..<2000 {
            let policy: Policy = round % 2 == 0 ? .union : .text
            let lines = (0..<6).map { "\(words[random.below(words.count)])\($0)" }
            let texts = (0..<3).map { side in
                var lines = lines
                if side > 0 { lines[random.below(lines.count)] = words[random.below(words.count)] }
                return FieldValue(text: lines.joined(separator: "\n"))
            }
            let sets = try (0..<3).map { _ in
                try FieldValue(json: Array("[\(items.filter { _ in random.chance(1, in: 2) }.joined(separator: ","))]".utf8))
            }
            let (base, sides) = policy == .union ? (sets[0], sets[1...]) : (texts[0], texts[1...])
            guard case .value(let shown) = Self.decision(policy, Array(sides), base: [base]), !sides.contains(shown) else { continue }
            made[policy, default: 0] += 1
            let trace = try #require(policy.trace(of: shown))
            func isThere(in value: FieldValue) -> Bool {
                var code: [UInt8] = []
                ValueCode.append(value, to: &code)
                return code.withUnsafeBytes { trace.isIn($0) }
            }
            #expect(sides.contains(where: isThere), "round \(round): \(base), \(sides) make \(shown)")
        }
        #expect(made.values.allSatisfy { $0 > 50 }, "\(made)")
        // A part of an item, or of a line, is none.
        for (policy, value, other) in [
            (Policy.union, "[12]", "[1,123,\"12\"]"), (.text, "\"a\"", "\"ba\\nab\\nc a\""), (.text, "\"a\"", "\"aa\""),
            (.text, "\"\"", "\"a\""),
        ] {
            var code: [UInt8] = []
            ValueCode.append(try FieldValue(json: Array(other.utf8)), to: &code)
            let trace = try #require(policy.trace(of: try FieldValue(json: Array(value.utf8))))
            #expect(!code.withUnsafeBytes { trace.isIn($0) }, "\(value) in \(other)")
        }
        // No such value is made.
        let (text, set) = (FieldValue(text: "a"), try FieldValue(json: Array("[1]".utf8)))
        #expect(Policy.union.trace(of: text) == nil && Policy.text.trace(of: set) == nil)
        for policy in Policy.allCases where policy != .union && policy != .text {
            #expect(policy.trace(of: text) == nil && policy.trace(of: set) == nil, "\(policy)")
        }
    }

    @Test func `numbers are compared exactly, whatever their type`() throws {
        let sorted = [
            "-1e+30", "-9223372036854775808", "-1.5", "0", "5e-324", "1", "1.5", "9007199254740993", "9223372036854775807",
            "9223372036854775808",
            "18446744073709551615", "18446744073709552000", "1e+21",
        ]
        for (index, low) in sorted.enumerated() {
            for high in sorted[(index + 1)...] {
                let (less, more) = (try FieldValue(json: low.utf8), try FieldValue(json: high.utf8))
                #expect(
                    Self.decision(.max, [more, less]) == .value(more) && Self.decision(.max, [less, more]) == .value(more), "\(low) \(high)"
                )
                #expect(
                    Self.decision(.min, [more, less]) == .value(less) && Self.decision(.min, [less, more]) == .value(less), "\(low) \(high)"
                )
            }
        }
    }

    @Test func `what does not fit stays open, and strings go by bytes`() throws {
        func value(_ text: String) throws -> FieldValue? { text == "-" ? nil : try FieldValue(json: text.utf8) }
        let policies: [(policy: Policy, base: [String], values: [String], decision: String)] = [
            (.max, [], ["1", "\"1\""], "open"), (.min, [], ["1", "-"], "open"), (.max, [], ["true", "false"], "open"),
            (.union, [], ["[1]", "1"], "open"), (.union, ["[3]"], ["[3,1,1]", "[2]"], "[1,2]"), (.union, ["3"], ["[3]", "[2]"], "[2,3]"),
            // U+FF5E comes before U+1F600 by bytes, behind it by UTF-16.
            (.max, [], ["\"\u{FF5E}\"", "\"\u{1F600}\""], "\"\u{1F600}\""), (.text, ["\"a\"", "\"c\""], ["\"a\"", "\"b\""], "open"),
            (.latest, [], ["1", "-"], "-"), (.latest, [], ["-", "1"], "1"),
        ]
        for (policy, base, values, wanted) in policies {
            let decision = Self.decision(policy, try values.map(value), base: try base.map(value))
            let expected = wanted == "open" ? .open : Decision(try value(wanted))
            #expect(decision == expected, "\(policy) of \(values) over \(base)")
        }
        for (base, values, wanted) in [
            (["1"], ["1", "-"], "-"), ([], ["1", "-"], "1"), (["1", "2"], ["1", "3"], "open"), (["1"], ["2", "2"], "2"),
        ] {
            let decision = AutomaticMerge(base: try base.map(value), values: try values.map(value)).decision
            let expected = wanted == "open" ? .open : Decision(try value(wanted))
            #expect(decision == expected, "\(values) over \(base)")
        }
    }

    private static func decision(_ policy: Policy, _ values: [FieldValue?], base: [FieldValue?] = []) -> Decision {
        policy.decision(
            base: base,
            contenders: values.enumerated().map { index, value in
                Contender(
                    value: value,
                    rank: Rank(time: HybridTime(packed: 1), dot: Dot(device: DeviceID(high: 0, low: 1), seq: UInt64(index + 1))), epoch: 0)
            })
    }

    private static func value(_ random: inout SeededRandom) throws -> FieldValue? {
        let texts = [
            "1", "1.5", "18446744073709551615", "\"a\\nb\\nc\\n\"", "\"a\\nB\\nc\\n\"", "\"a\\nb\\nC\\n\"", "[1,2]", "[2,3]", "[]", "null",
            "{}",
        ]
        return random.chance(1, in: 12) ? nil : try FieldValue(json: texts[random.below(texts.count)].utf8)
    }
}

internal import EventCore

/// Times as people write them: ISO 8601 in UTC. Source of the calendar arithmetic: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
enum TimeText {
    /// `2021-11-22T16:52:20.000Z`.
    static func iso(_ time: HybridTime) -> String { iso(milliseconds: time.milliseconds) }

    /// The same of milliseconds since 1970.
    static func iso(milliseconds: UInt64) -> String {
        let milliseconds = Int(milliseconds)
        let (days, rest) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        let (year, month, day) = date(fromDays: days)
        let seconds = rest / 1000
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2))"
            + ":\(padded(seconds % 60, 2)).\(padded(rest % 1000, 3))Z"
    }

    /// `2021-11-22 16:52 UTC`.
    static func minute(_ time: HybridTime) -> String {
        let iso = iso(time)
        return iso.prefix(10) + " " + iso.dropFirst(11).prefix(5) + " UTC"
    }

    /// Milliseconds since 1970 of `2021-11-22`, `2021-11-22T16:52`, `…:20`, `….123`, with `Z`, `+01:00`, `+0100`, `+01` or nothing (UTC) behind, a space before it or not; nil
    /// for anything else.
    static func milliseconds(iso text: String) -> UInt64? {
        var rest = Substring(text)
        guard let year = number(&rest, 4), take(&rest, "-"), let month = number(&rest, 2), take(&rest, "-"), let day = number(&rest, 2),
            (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        // 31 February has a number of its own, which is that of a day in March.
        guard date(fromDays: days(year, month, day)) == (year, month, day) else { return nil }
        var total = days(year, month, day) * 86_400_000
        if take(&rest, "T") || take(&rest, "t") || take(&rest, " ") {
            guard let hour = number(&rest, 2), take(&rest, ":"), let minute = number(&rest, 2), hour < 24, minute < 60 else { return nil }
            total += (hour * 60 + minute) * 60_000
            if take(&rest, ":") {
                guard let second = number(&rest, 2), second < 60 else { return nil }
                total += second * 1000
                if take(&rest, ".") || take(&rest, ",") {
                    let digits = rest.prefix { $0.isASCII && $0.isNumber }
                    guard let fraction = Int((digits + "000").prefix(3)), !digits.isEmpty else { return nil }
                    rest = rest.dropFirst(digits.count)
                    total += fraction
                }
            }
            guard let offset = offset(&rest) else { return nil }
            total -= offset * 60_000
        }
        return rest.isEmpty && total >= 0 ? UInt64(total) : nil
    }

    /// How long ago, in the largest unit: `12s`, `5min`, `3h`, `2d`.
    static func age(of time: HybridTime, at wall: UInt64) -> String {
        let seconds = (Int(wall) - Int(time.milliseconds)) / 1000
        return switch seconds {
        case ..<0: "in the future"
        case ..<60: "\(seconds)s ago"
        case ..<3600: "\(seconds / 60)min ago"
        case ..<86_400: "\(seconds / 3600)h ago"
        default: "\(seconds / 86_400)d ago"
        }
    }

    /// A stretch of time in the largest unit that it fills: `800ms`, `12s`, `5min`, `3h`, `2d`.
    static func duration(_ milliseconds: UInt64) -> String {
        switch milliseconds {
        case ..<1000: "\(milliseconds)ms"
        case ..<60_000: "\(milliseconds / 1000)s"
        case ..<3_600_000: "\(milliseconds / 60_000)min"
        case ..<86_400_000: "\(milliseconds / 3_600_000)h"
        default: "\(milliseconds / 86_400_000)d"
        }
    }

    private static func offset(_ rest: inout Substring) -> Int? {
        if rest.isEmpty { return 0 }
        _ = take(&rest, " ")
        if take(&rest, "Z") || take(&rest, "z") { return 0 }
        let sign = take(&rest, "+") ? 1 : take(&rest, "-") ? -1 : 0
        guard sign != 0, let hours = number(&rest, 2), hours < 24 else { return nil }
        guard take(&rest, ":") || !rest.isEmpty else { return sign * hours * 60 }
        guard let minutes = number(&rest, 2), minutes < 60 else { return nil }
        return sign * (hours * 60 + minutes)
    }

    private static func take(_ rest: inout Substring, _ text: String) -> Bool {
        guard rest.hasPrefix(text) else { return false }
        rest = rest.dropFirst(text.count)
        return true
    }

    private static func number(_ rest: inout Substring, _ digits: Int) -> Int? {
        let text = rest.prefix(digits)
        guard text.count == digits, text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        rest = rest.dropFirst(digits)
        return Int(text)
    }

    private static func padded(_ number: Int, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(fromDays days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        return (yearOfEra + era * 400 + (month < 10 ? 0 : 1), month < 10 ? month + 3 : month - 9, day)
    }
}

/// What may stand at the end of a line that is cut at the cursor.
package struct Completion: Hashable {
    /// From which byte on the candidates stand in the place of what was typed.
    package let start: Int
    /// As they have to be typed.
    package let candidates: [String]
    /// Whether a candidate is a whole word, so that a space follows it.
    package let endsWord: Bool

    package static func none(at start: Int) -> Completion { Completion(start: start, candidates: [], endsWord: false) }
}

/// One word, or its beginning, that may stand at a place.
package struct Candidate: Hashable {
    package let text: String
    package let endsWord: Bool

    package init(_ text: String, endsWord: Bool = true) {
        self.text = text
        self.endsWord = endsWord
    }
}

/// What a store, a prompt and the folder they are in know that completes words. Texts are as they are typed, but for quotes.
package protocol CompletionFacts {
    var collections: [String] { get }
    var devices: [String] { get }
    /// Records whose ids begin so, in the collection that stands before them; where there are very many, how they may go on.
    func records(startingWith text: String, _ matching: WordMatching) -> [Candidate]
    /// Of a record; of all records without one.
    func fields(of record: String?) -> [String]
    /// Some values of a field as they are typed, of a record's or any collection.
    func values(of field: String, near record: String?) -> [String]
    /// Files and folders whose paths begin so; a folder ends in a slash.
    func files(startingWith text: String, _ matching: WordMatching) -> [Candidate]
    /// The conflict that is open at the prompt.
    var conflict: ConflictFacts? { get }
}

package struct ConflictFacts: Hashable, Sendable {
    package let record: String
    /// Letters and devices.
    package let sides: [String]
    /// The contested fields.
    package let fields: [String]
    /// Others that are at stake with the record: a side is not taken for one of these alone.
    package let kept: [String]

    package init(record: String, sides: [String], fields: [String], kept: [String] = []) {
        self.record = record
        self.sides = sides
        self.fields = fields
        self.kept = kept
    }
}

package import EventCore

extension Replica {
    /// Begins to take in events from elsewhere, one by one: for more of them than memory holds.
    ///
    /// - Throws: `.log` when what waits cannot be read.
    package func ingestion(_ limits: IngestionLimits = IngestionLimits()) throws(ReplicaError) -> Ingestion<Storage> {
        try Ingestion(into: self, limits)
    }

    /// Takes in events from elsewhere, in any order.
    ///
    /// All of them are checked before the first is written. Then they are committed in batches, each of which is all there or absent after an interruption;
    /// repeating completes it. An event that is too early is kept aside durably.
    ///
    /// - Throws: `.fork` or `.refused` with nothing written; `.log` when the disk refused.
    package func ingest(_ events: some Sequence<Event>) throws(ReplicaError) -> IngestReport {
        let ingestion = try ingestion()
        for event in events { try ingestion.add(event) }
        return try ingestion.finish()
    }

    /// Takes in what of these events can be, none of which is here; what no honest store writes is named in the report, and leaves the others be.
    ///
    /// Nothing is durable before `sync`, nor sealed before `tidy`.
    ///
    /// - Throws: `.fork` where two events of the batch share a name, with nothing written; `.log` when the disk refused.
    package func ingestTolerantly(_ events: some Sequence<Event>) throws(ReplicaError) -> IngestReport {
        let ingestion = try Ingestion(into: self, IngestionLimits(), isTolerant: true)
        for event in events { try ingestion.add(event) }
        return try ingestion.finish(isDurable: false)
    }
}

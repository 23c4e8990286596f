"""What the tests of undo have in common: what a store shows, and both models of it."""
import json

import fold
import reference
from harness import StoreTest, lines_of


class UndoTest(StoreTest):
    # `reference.py` writes no doubles.
    has_doubles = False

    def events(self, store):
        return list(map(json.loads, lines_of(self.ok("export", store=store))))

    def agrees(self, store):
        """Both models make of the store's events what the store shows."""
        events, dump = self.events(store), self.ok("dump", "--canonical", store=store)
        self.assertEqual(dump, fold.dump(events))
        if not self.has_doubles:
            self.assertEqual(dump, reference.dump(events))
        return events

    def shown(self, store, record="notes/trip"):
        got = self.object("get", record, store=store)
        return got["fields"], got["deleted"]

"""What the tests of the prompt share: stores with conflicts whose times and devices are known, at a terminal or as a script."""
import json
import subprocess

from harness import BINARY, PATIENCE, StoreTest, run
from terminal import Terminal, environment

LAPTOP = "11111111-1111-4111-8111-111111111111"
PHONE = "22222222-2222-4222-8222-222222222222"
TABLET = "33333333-3333-4333-8333-333333333333"
TIME = 1637599940000


def edit(device, seq, record, context=None, **members):
    collection, record = record.split("/", 1)
    body = {"set": members.pop("set")} if "set" in members else {}
    minutes = members.pop("minutes", seq)
    return {"device": device, "seq": seq, "time": TIME + minutes * 60000, "collection": collection, "record": record, "context": context or {}, **body, **members}


def apart(record, base, left, right, third=None, seqs=(1, 2, 1, 1), **notes):
    """A base by the laptop, and edits of laptop, phone and perhaps tablet that did not see each other; None deletes."""
    def change(device, seq, fields, minutes):
        body = {"delete": True} if fields is None else {"set": fields}
        note = {"note": notes[device]} if device in notes else {}
        return edit(device, seq, record, {LAPTOP: seqs[0]}, minutes=minutes, **body, **note)
    events = [edit(LAPTOP, seqs[0], record, set=base), change(LAPTOP, seqs[1], left, 10), change(PHONE, seqs[2], right, 20)]
    return events + ([change(TABLET, seqs[3], third, 30)] if third else [])


class PromptTest(StoreTest):
    def store(self, *events, name="desk"):
        """A store that has taken in these events, and knows the devices' names."""
        store = self.make(name)
        with open(store / ".syncline" / "names", "a") as names:
            names.write("".join(f"{id} {name}\n" for id, name in ((LAPTOP, "laptop"), (PHONE, "phone"), (TABLET, "tablet"))))
        if events:
            self.ok("import", self.lines(events), store=store)
        return store

    def trip(self):
        return self.store(*apart(
            "notes/trip", {"title": "To the sea", "days": 3, "who": "Ann"}, {"title": "To the lake", "days": 4}, {"title": "To the hills", "days": 5}))

    def terminal(self, store, *words, **options):
        terminal = Terminal([BINARY, "--store", store, *words], **options)
        self.addCleanup(terminal.child.close)
        return terminal

    def script(self, store, text, *words, status=0, **env):
        """Runs lines as a script; returns stdout and stderr."""
        done = subprocess.run([BINARY, "--store", str(store), *words], input=text.encode(), capture_output=True, env=environment(**env), timeout=PATIENCE)
        self.assertEqual(done.returncode, status, done.stdout.decode() + done.stderr.decode())
        return done.stdout.decode(), done.stderr.decode()

    def get(self, store, record="notes/trip"):
        return json.loads(run("get", record, "--json", store=store).stdout)

    def settled(self, store, fields, record="notes/trip", kind="resolve"):
        """The record has these fields and no conflict, by one event of this kind that has the last word."""
        got = self.get(store, record)
        self.assertEqual((got["fields"], got["conflicts"]), (fields, {}))
        self.assertEqual(self.objects("log", record, store=store)[-1]["kind"], kind)

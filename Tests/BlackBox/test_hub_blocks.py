"""Packed blocks between a device and a hub: whole logs go up and come down as they lie, and what does not fit goes as events."""
import base64
import json
import os
import random
import shutil
import subprocess
import time
import unittest
from pathlib import Path

from harness import BINARY, PATIENCE
from hub import HubTest
from terminal import Terminal
from test_hub_watch import Watch

BLOCKS = "application/vnd.syncline.blocks"
EVENTS = "application/vnd.syncline.events"


class Blocks(HubTest):
    def setUp(self):
        super().setUp()
        self.serve()

    def workload(self, count, name="W"):
        """A joined store with workload W, closed and sealed, and nothing of its own."""
        keep = self.folder / name
        self.ok("bench", "replay", "--events", count, "--keep", keep, "--runs", 1)
        self.ok("join", self.hub.url, self.invite(), store=keep, env=self.keys)
        return keep

    def joined(self, name):
        return self.device(name)

    def page(self, token, query="", accept=f"{BLOCKS}, {EVENTS}"):
        """A page of a pull: its media type, its object, and what stands behind it."""
        status, fields, body = self.curl("GET", "/sync/pull?limit=10000" + query, token=token, headers=[f"Accept: {accept}"])
        self.assertEqual(status, 200, body[:200])
        if not fields["content-type"].startswith("application/vnd"):
            return fields["content-type"], json.loads(body), b""
        length = int.from_bytes(body[:4], "little")
        return fields["content-type"], json.loads(body[4:4 + length]), body[4 + length:]

    @staticmethod
    def body(members, blocks):
        head = json.dumps(members).encode()
        return len(head).to_bytes(4, "little") + head + blocks

    def script(self, store, lines):
        done = subprocess.run([BINARY, "--store", str(store)], input="\n".join(lines).encode(), capture_output=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr.decode())

    def test_nobody_folds_again_what_a_large_pull_brought(self):
        source, phone = self.workload(60_000), self.joined("phone")
        self.sync(source, "push")
        self.assertEqual(self.sync(phone, "pull")["pulled"], 60_000)
        self.assertEqual(len(os.listdir(phone / ".syncline" / "checkpoint")), 1)
        tablet = self.joined("tablet")
        watch = Watch(tablet, self.keys)
        self.addCleanup(watch.end)
        limit = time.monotonic() + PATIENCE
        while not os.listdir(tablet / ".syncline" / "checkpoint"):
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.1)

    def test_who_asks_first_after_a_large_pull_does_not_wait_for_what_is_derived(self):
        derived = {"counts", "times", "states"}
        source = self.joined("source")
        # Long enough for a checkpoint, which derived files go with.
        lines = [
            json.dumps({
                "collection": "notes", "device": f"{1:032x}"[:8] + "-0000-0000-0000-000000000001", "record": f"r{seq}", "seq": seq,
                "set": {"body": base64.b64encode(random.Random(seq).randbytes(67_500)).decode()}, "time": 1_760_000_000_000 + seq,
            }) for seq in range(1, 801)
        ]
        self.ok("import", "-", store=source, stdin="\n".join(lines).encode())
        self.sync(source, "push")
        for count, command in ((800, "pull"), (801, "sync")):
            phone = self.joined(command)
            self.assertEqual(self.sync(phone, command)["pulled"], count)
            self.assertEqual(derived & set(os.listdir(phone / ".syncline")), derived, command)
            # What is derived is not made again for a few.
            for name in derived:
                (phone / ".syncline" / name).unlink()
            self.ok("put", "notes/new", "a=1", store=source)
            self.sync(source, "push")
            self.assertEqual(self.sync(phone, command)["pulled"], 1)
            self.assertEqual(derived & set(os.listdir(phone / ".syncline")), set(), command)
        tablet = self.joined("tablet")
        watch = Watch(tablet, self.keys)
        self.addCleanup(watch.end)
        watch.see("pulled")
        limit = time.monotonic() + PATIENCE
        while not derived <= set(os.listdir(tablet / ".syncline")):
            self.assertLess(time.monotonic(), limit, os.listdir(tablet / ".syncline"))
            time.sleep(0.1)
        # Behind a prompt, and whoever types there is not disturbed.
        desk = self.joined("desk")
        terminal = Terminal([BINARY, "--store", desk], **self.keys)
        self.addCleanup(terminal.child.close)
        terminal.type("put notes/mine title=half")
        terminal.wait(lambda: derived <= set(os.listdir(desk / ".syncline")), "what is derived")
        terminal.wait_text("802 new events from ")
        terminal.wait(lambda: terminal.line().endswith("› put notes/mine title=half"), "the line as it was")
        terminal.send("way\r")
        terminal.wait_prompt()
        self.assertEqual([line for line in terminal.lines() if "counting" in line], [])
        self.assertEqual(terminal.leave(), 0)
        self.assertEqual(self.object("get", "notes/mine", store=desk)["fields"], {"title": "halfway"})

    def test_a_log_goes_up_and_comes_down(self):
        source = self.workload(12_000)
        self.assertEqual(self.sync(source, "push")["pushed"], 12_000)
        _, token = self.enrol()
        kind, page, blocks = self.page(token)
        # What the hub has are the very blocks: it would have written rows.
        self.assertEqual((kind, page["head"], page["more"]), (BLOCKS, 12_000, True))
        self.assertGreater(len(blocks), 0)
        phone = self.joined("phone")
        self.assertEqual(self.sync(phone, "pull")["pulled"], 12_000)
        self.assertEqual(self.digest(phone), self.digest(source))
        # Again nothing travels, and a hub that has just started says the same.
        self.assertEqual(self.sync(source)["pushed"], 0)
        port = self.hub.port
        self.hub.kill()
        self.serve(port=port)
        late = self.joined("late")
        self.sync(late)
        self.assertEqual(self.digest(late), self.digest(source))
        self.ok("verify", "--deep", store=late)
        events = [line["event"] for line in self.pulled(token)]
        self.assertEqual(len({(event["device"], event["seq"]) for event in events}), 12_000)

    def test_what_a_device_pushed_is_not_sent_back(self):
        source = self.workload(12_000)
        report = self.sync(source)
        self.assertEqual((report["pushed"], report["pulled"]), (12_000, 0))
        # Some hundred bytes: where to go on from.
        self.assertLess(sum(answer["bytes"] for answer in self.pulls()), 10_000)
        _, token = self.enrol()
        known = ",".join(f"{device}:{seq}" for device, seq in self.call("GET", "/sync/status", token=token)["ackedThrough"].items())
        _, page, blocks = self.page(token, f"&known={known}")
        self.assertEqual((page["first"], page["more"], blocks), (12_000, False, b""))
        self.assertEqual(self.page(token, f"&cursor={page['cursor']}")[1]["first"], 12_000)
        for lie in ("x", known[:-1] + "-", "1:1", known + ",:3"):
            status, _, body = self.curl("GET", f"/sync/pull?known={lie}", token=token)
            self.assertEqual((status, json.loads(body)["code"]), (400, "malformed"), lie)

    def pulls(self):
        """The hub's log of pulls so far."""
        lines = [json.loads(line) for line in Path(self.hub.log.name).read_text().splitlines()]
        return [{**line, "bytes": int(line["bytes"])} for line in lines if line.get("path") == "/sync/pull"]

    def pulled(self, token):
        """All events of the hub as JSON, in its order."""
        lines, cursor, more = [], "", True
        while more:
            page = self.call("GET", f"/sync/pull?limit=5000&cursor={cursor}", token=token)
            lines, cursor, more = lines + page["events"], page["cursor"], page["more"]
        return lines

    def test_records_that_differ_go_as_events(self):
        source = self.workload(4000)
        laptop, phone = self.joined("laptop"), self.joined("phone")
        for store in (source, laptop, phone):
            self.sync(store)
        records = [line["collection"] + "/" + line["record"] for line in self.objects("list", store=laptop)][:40]
        for number, store in enumerate((laptop, phone)):
            self.script(store, [f"put {record} title=by-{number}" for record in records] + ["checkpoint"])
        for _ in range(2):
            for store in (laptop, phone, source):
                self.sync(store)
        self.assertEqual(len({self.digest(store) for store in (laptop, phone, source)}), 1)
        self.assertGreaterEqual(len(self.objects("conflicts", store=source)), len(records))

    def test_a_watch_takes_blocks_in(self):
        source = self.workload(6000)
        self.sync(source, "push")
        phone = self.joined("phone")
        watch = Watch(phone, self.keys)
        self.addCleanup(watch.end)
        seen = 0
        while seen < 6000:
            seen += watch.see("pulled")["events"]
        self.ok("put", "notes/trip", "title=sea", store=source)
        self.sync(source)
        watch.see("pulled", events=1)
        watch.end()
        self.assertEqual(self.digest(phone), self.digest(source))

    def test_own_events_are_signed(self):
        laptop, phone = self.joined("laptop"), self.joined("phone")
        self.script(laptop, [f"put notes/{n % 50} title=t{n} n={n}" for n in range(400)] + ["checkpoint"])
        self.assertEqual(self.sync(laptop)["pushed"], 400)
        self.sync(phone)
        self.assertEqual(self.digest(phone), self.digest(laptop))
        _, token = self.enrol()
        kind, page, _ = self.page(token)
        own = self.object("status", store=laptop, env=self.keys)["device"]
        chains = {chain["device"]: chain for chain in page["chains"]}
        self.assertEqual((kind, chains[own]["seq"]), (BLOCKS, 400))
        self.assertIn("signature", chains[own])
        # A copy that went another way is refused whatever it pushes.
        copy = self.folder / "copy"
        shutil.copytree(laptop, copy)
        for store, word in ((laptop, "one"), (copy, "other")):
            self.script(store, [f"put notes/{n} title={word}" for n in range(60)] + ["checkpoint"])
        self.sync(laptop)
        self.fails(6, "push", store=copy, env=self.keys)

    def test_bodies(self):
        source = self.workload(1500)
        self.sync(source, "push")
        _, token = self.enrol()
        _, page, blocks = self.page(token)
        _, other = self.enrol("--workspace", "other")
        headers = [f"Content-Type: {BLOCKS}"]

        def push(members, blocks):
            return self.curl("POST", "/sync/push", token=other, data=self.body(members, blocks), headers=headers)

        for lie in (b"", b"x", b"\xff\xff\xff\xff{}", self.body([], blocks), self.body({}, blocks[:-1]), self.body({}, blocks[:40] + b"\0" + blocks[41:])):
            status, _, answer = self.curl("POST", "/sync/push", token=other, data=lie, headers=headers)
            self.assertEqual((status, json.loads(answer)["code"]), (400, "malformed"))
        # Chains that are not what the events make are taken from nobody.
        false = [{**chain, "hash": "00" * 32, "signature": "00" * 64} for chain in page["chains"]]
        status, _, answer = push({"chains": false}, blocks)
        self.assertEqual((status, json.loads(answer)["accepted"], json.loads(answer)["head"]), (200, 0, 0))
        status, _, answer = push({}, blocks)
        answer = json.loads(answer)
        self.assertEqual((status, answer["head"], answer["accepted"], answer["first"]), (200, 1500, 1500, 0))
        # Those whose records are in conflict now are named.
        contested = {(c["collection"], c["record"]) for c in self.objects("conflicts", store=source)}
        records = {e["position"]: (e["event"]["collection"], e["event"]["record"]) for e in self.pulled(token)}
        self.assertEqual({records[position] for position in answer["concurrent"]}, contested)
        self.assertEqual(self.page(other)[2], blocks)
        # What is there is not taken twice; as events it is a duplicate.
        _, _, answer = push({}, blocks)
        self.assertEqual((json.loads(answer)["accepted"], json.loads(answer)["head"]), (0, 1500))
        kind, events, raw = self.page(token, accept=EVENTS)
        self.assertEqual(kind, EVENTS)
        _, _, answer = self.curl("POST", "/sync/push", token=other, data=self.body({}, raw), headers=[f"Content-Type: {EVENTS}"])
        self.assertEqual({verdict["verdict"] for verdict in json.loads(answer)["events"]}, {"duplicate"})
        # And chains are what they would be.
        self.assertEqual([c["hash"] for c in self.page(other)[1]["chains"]], [c["hash"] for c in page["chains"]])


if __name__ == "__main__":
    unittest.main()

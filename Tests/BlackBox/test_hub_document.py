"""/openapi.json says what is served, and /metrics counts it."""
import json
import re
import unittest

from harness import event
from hub import HubTest

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")


class Document(HubTest):
    def setUp(self):
        super().setUp()
        self.serve()

    def test_the_document_is_true(self):
        document = self.call("GET", "/openapi.json")
        self.assertEqual(document["openapi"], "3.1.0")
        self.assertGreaterEqual(len(document["paths"]), 11)
        for path, methods in document["paths"].items():
            there = path.replace("{id}", "467fd1e3-dd18-5468-a980-b6b45d94434a")
            self.assertEqual(re.findall(r"\{(\w+)\}", path), [p["name"] for m in methods.values() for p in m.get("parameters", []) if p["in"] == "path"][:1])
            for method in METHODS:
                status, fields, body = self.curl(method, there, data=b"{}" if method in ("POST", "PUT", "PATCH") else None)
                if method.lower() in methods:
                    self.assertNotEqual(status, 405, (method, path))
                    if status == 404:
                        self.assertEqual(json.loads(body)["code"], "not-found", (method, path))
                    # What wants a token says so before anything else, and only that does.
                    wants = bool(methods[method.lower()].get("security"))
                    self.assertEqual(wants, status == 401 and json.loads(body)["code"] == "token-missing", (method, path, body))
                else:
                    self.assertEqual(status, 405, (method, path))
                    self.assertEqual(set(fields["allow"].upper().split(", ")), {m.upper() for m in methods})

    def test_the_limits_that_are_shown_are_those_that_the_document_names(self):
        """All of them: what a request, a connection, a device and those who are not known yet may take."""
        document = self.call("GET", "/openapi.json")
        reference = document["paths"]["/sync/status"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        schemas = document["components"]["schemas"]
        reference = schemas[reference.rsplit("/", 1)[1]]["properties"]["limits"]["$ref"]
        schema = schemas[reference.rsplit("/", 1)[1]]
        _, token = self.enrol()
        limits = self.call("GET", "/sync/status", token=token)["limits"]
        self.assertEqual(set(limits), set(schema["properties"]))
        self.assertLessEqual(set(schema["required"]), set(limits))
        kinds = {"integer": int, "array": list, "null": type(None)}
        for name, value in limits.items():
            types = schema["properties"][name]["type"]
            self.assertIsInstance(value, tuple(kinds[one] for one in ([types] if isinstance(types, str) else types)), name)
        for name in "bodyBytes", "events", "messageBytes", "headMs", "bodyMs", "idleMs", "callsAtOnce", "eventsAtOnce", "strangersPerSecond", "strangersAtOnce":
            self.assertGreater(limits[name], 0, name)
        self.assertGreater(limits["idleMs"], limits["waitMs"])

    def test_metrics(self):
        device, token = self.enrol()
        self.call("POST", "/sync/push", token=token, data={"events": [event(device, 1)]})
        _, fields, body = self.curl("GET", "/metrics")
        self.assertTrue(fields["content-type"].startswith("text/plain; version=0.0.4"))
        samples = {}
        for line in body.decode().splitlines():
            if line.startswith("#"):
                self.assertRegex(line, r"^# (HELP|TYPE) [a-z_]+ .+$")
            else:
                name, value = re.fullmatch(r'([a-z_]+(?:\{[^}]*\})?) ([0-9.e+-]+|\+Inf)', line).groups()
                samples[name] = float(value)
        self.assertEqual(samples['syncline_events{workspace="main"}'], 1)
        self.assertEqual(samples['syncline_accepted_events_total{workspace="main"}'], 1)
        self.assertEqual(samples['syncline_devices{workspace="main"}'], 1)

    def test_the_log_keeps_secrets(self):
        code = self.invite()
        answer = self.call("POST", "/devices", data={"device": "467fd1e3-dd18-5468-a980-b6b45d94434a", "code": code, "name": "a", "key": "ab" * 32})
        self.call("GET", "/sync/status", token=answer["token"])
        log = (self.folder / "hub.log").read_text()
        for line in log.splitlines():
            self.assertLessEqual({"time", "level", "message"}, set(json.loads(line)))
        self.assertNotIn(answer["token"].split(".")[1], log)
        self.assertNotIn(code, log)


if __name__ == "__main__":
    unittest.main()

"""A hub with TLS: 1.3 and nothing older, for calls and for the socket."""
import shutil
import subprocess
import unittest

from hub import HubTest
from test_hub_watch import Watch


@unittest.skipUnless(shutil.which("openssl"), "openssl makes the certificate")
class TLS(HubTest):
    def setUp(self):
        super().setUp()
        self.certificate, key = self.folder / "cert.pem", self.folder / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", self.certificate,
             "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        self.serve("--tls-cert", self.certificate, "--tls-key", key)

    def test_calls(self):
        self.assertTrue(self.hub.url.startswith("https://"))
        status, _, _ = self.curl("GET", "/health/live", "--cacert", self.certificate)
        self.assertEqual(status, 200)
        old = subprocess.run(["curl", "-sS", "--cacert", self.certificate, "--tls-max", "1.2", self.hub.url + "/health/live"], capture_output=True)
        self.assertNotEqual(old.returncode, 0)

    def test_devices(self):
        store = self.make("laptop")
        code = self.invite()
        # A certificate that nobody vouches for is none.
        self.fails(8, "join", self.hub.url, code, store=store, env=self.keys)
        self.ok("join", self.hub.url, code, "--ca", self.certificate, store=store, env=self.keys)
        self.ok("put", "notes/trip", "title=sea", store=store)
        self.assertEqual(self.sync(store)["pushed"], 1)
        watch = Watch(store, self.keys)
        self.addCleanup(watch.end)
        watch.see("status", state="connected")

    def test_a_wrong_key(self):
        self.hub.stop()
        self.fails(1, "serve", "--data", self.data, "--listen", "127.0.0.1:0", "--tls-cert", self.certificate, "--tls-key", self.certificate)
        self.fails(64, "serve", "--data", self.data, "--listen", "127.0.0.1:0", "--tls-cert", self.certificate)


if __name__ == "__main__":
    unittest.main()

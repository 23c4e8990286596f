"""A hub that starts again goes on where it was, whatever became of the file that spares it the reading of its log."""
import os
import unittest

from hub import HubTest


class Starts(HubTest):
    def setUp(self):
        super().setUp()
        self.serve()
        self.marks = self.data / "workspaces" / "main" / "marks"

    def start_again(self, *, stop):
        port = self.hub.port
        if stop:
            self.assertEqual(self.hub.stop(), 0)
        else:
            self.hub.kill()
        self.serve(port=port)

    def goes_on(self, laptop, phone, text):
        """What both wrote before is agreed on, nothing is sent twice, and new events pass."""
        self.ok("put", "notes/trip", f"title={text}", store=laptop)
        pushed = self.sync(laptop)
        self.assertEqual((pushed["pushed"], pushed["pulled"]), (1, 0))
        pulled = self.sync(phone)
        self.assertEqual((pulled["pushed"], pulled["pulled"]), (0, 1))
        self.assertEqual(self.digest(phone), self.digest(laptop))

    def stores(self):
        laptop, phone = self.device("laptop"), self.device("phone")
        for number in range(5):
            self.ok("put", f"notes/{number}", "title=x", store=laptop)
        self.sync(laptop)
        self.sync(phone)
        return laptop, phone

    def test_killed_and_stopped_again_and_again(self):
        laptop, phone = self.stores()
        for number in range(6):
            self.start_again(stop=number % 2 == 1)
            self.goes_on(laptop, phone, f"start {number}")
            self.assertGreater(self.marks.stat().st_size, 100)

    def test_with_a_file_that_is_missing_damaged_or_cannot_be_read(self):
        laptop, phone = self.stores()

        def cut():
            os.truncate(self.marks, self.marks.stat().st_size // 2)

        def damage():
            text = bytearray(self.marks.read_bytes())
            text[-1] ^= 1
            self.marks.write_bytes(text)

        def folder():
            self.marks.unlink()
            self.marks.mkdir()
        for number, harm in enumerate((self.marks.unlink, cut, damage, lambda: self.marks.write_bytes(b"nothing"), folder)):
            self.hub.kill()
            harm()
            self.serve(port=self.hub.port)
            self.goes_on(laptop, phone, f"harm {number}")

    def test_with_the_file_of_an_earlier_time(self):
        laptop, phone = self.stores()
        earlier = self.marks.read_bytes()
        self.goes_on(laptop, phone, "later")
        self.hub.kill()
        self.marks.write_bytes(earlier)
        self.serve(port=self.hub.port)
        self.goes_on(laptop, phone, "with what is old")


if __name__ == "__main__":
    unittest.main()

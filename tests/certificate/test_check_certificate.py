#!/usr/bin/env python3
"""The independent checker accepts the miniature release and refuses every corruption of it.

Run by `make test`. The same corruptions are refused by the checker in Rust (src/audit/tests.rs).
"""

import contextlib, io, json, pathlib, shutil, subprocess, sys, tempfile, unittest

import pyarrow as pa
import pyarrow.parquet as pq

HERE = pathlib.Path(__file__).resolve().parent
FIXTURE = HERE.parent.parent / "fixtures" / "certificate"


class Checker(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.out = pathlib.Path(self.folder.name) / "release"
        shutil.copytree(FIXTURE, self.out)

    def tearDown(self):
        self.folder.cleanup()

    def run_checker(self):
        command = [sys.executable, HERE / "check_certificate.py", self.out / "public", self.out / "restricted"]
        done = subprocess.run(command, capture_output=True, text=True)
        return done.returncode, done.stdout

    def edit(self, file, old, new):
        path = self.out / "restricted/certificate" / file
        with pa.input_stream(str(path), compression="zstd") as stream:
            text = stream.read().decode()
        self.assertIn(old, text)
        with pa.output_stream(str(path), compression="zstd") as stream:
            stream.write(text.replace(old, new, 1).encode())

    def refused(self, why):
        code, said = self.run_checker()
        self.assertEqual(code, 1, said)
        self.assertIn(why, said)

    def test_sound(self):
        code, said = self.run_checker()
        self.assertEqual(code, 0, said)
        self.assertIn("6 witnesses and 4 claims checked", said)

    def test_witness_moves_a_shown_cell(self):
        self.edit("witnesses-0.jsonl.zst", "[2,0,1]", "[2,0,2]")
        self.refused("it changes a cell that is shown")

    def test_witness_empties_a_hidden_cell(self):
        self.edit("witnesses-0.jsonl.zst", '"by":-1', '"by":-3')
        self.refused("a hidden cell falls below its bound")

    def test_contacts_without_a_dimension(self):
        self.edit("witnesses-0.jsonl.zst", "[1,0,null],", "")
        self.refused("its parts are not in the format")

    def test_claim_too_narrow(self):
        self.edit("claims-0.csv.zst", ",0/1\n", ",/1\n")
        self.refused("not wide enough apart")

    def test_unsafe_cell_without_claim(self):
        self.edit("claims-0.csv.zst", "contacts,2,patients,0/1", "patients,2,patients,2/3")
        self.refused("an unsafe cell has no claim")

    def test_true_value_not_what_is_published(self):
        self.edit("cells-0.csv.zst", ",S,S", "0,S,S")
        self.refused("a published value is not the certificate's")

    def test_hidden_value_that_does_not_add_up(self):
        self.edit("cells-0.csv.zst", ",3,2,H,H", ",4,2,H,H")
        self.refused("the truth does not add up")

    def test_published_cell_changed(self):
        path = self.out / "public/data/gp-contacts.parquet"
        table = pq.read_table(path)
        at = table.schema.get_field_index("value")
        values = table.column("value").to_pylist()
        values[0] += 1
        pq.write_table(table.set_column(at, table.schema.field(at), pa.array(values, pa.float64())), path)
        self.refused("a published value is not the certificate's")

    def test_unsafe_cell_shown(self):
        path = self.out / "public/data/gp-contacts.parquet"
        table = pq.read_table(path)
        at = table.schema.get_field_index("value")
        values = [3.0 if v is None else v for v in table.column("value").to_pylist()]
        pq.write_table(table.set_column(at, table.schema.field(at), pa.array(values, pa.float64())), path)
        self.refused("an unsafe cell is shown")

    def test_no_value_is_told(self):
        self.edit("cells-0.csv.zst", ",3,2,H,H", ",913377,2,H,H")
        _, said = self.run_checker()
        self.assertNotIn("913377", said)

    def test_not_a_release(self):
        shutil.rmtree(self.out / "restricted/certificate")
        self.assertEqual(self.run_checker()[0], 2)


if __name__ == "__main__":
    unittest.main()

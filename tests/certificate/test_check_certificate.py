#!/usr/bin/env python3
"""The independent checker accepts the miniature release and refuses every corruption of it.

Run by `make test`. The same corruptions are refused by the checker in Rust (src/audit/tests.rs).
"""

import contextlib, io, json, pathlib, shutil, subprocess, sys, tempfile, unittest

import pyarrow as pa
import pyarrow.parquet as pq

HERE = pathlib.Path(__file__).resolve().parent
FIXTURE = HERE.parent.parent / "fixtures" / "certificate"

PLACES = ["0", "03", "11", "0301", "1101", "1102", "1103"]
PERIODS = ["2024-01", "2024-02", "2024-03", "2024-Q1"]
TYPES = ["home-visit", "physical-consultation", "e-consultation", "meeting", "consultation", "contact"]
# Witness 6.
PATIENTS_OF_JANUARY = '"by":2,"at":[[2,1],[3,1]],"move":[[0,1,3]]'


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

    def hide(self, cells):
        """Takes cells (geo, period, indicator) out of the public table and marks them as hidden."""
        path = self.out / "public/data/gp-contacts.parquet"
        table = pq.read_table(path)
        keys = list(zip(*(table.column(name).to_pylist() for name in ("geo", "period", "indicator"))))
        values = [None if key in cells else v for key, v in zip(keys, table.column("value").to_pylist())]
        at = table.schema.get_field_index("value")
        pq.write_table(table.set_column(at, table.schema.field(at), pa.array(values, pa.float64())), path)
        for geo, period, indicator in cells:
            position = (PLACES.index(geo) * 4 + PERIODS.index(period)) * 6 + TYPES.index(indicator)
            path = self.out / "restricted/certificate/cells-0.csv.zst"
            with pa.input_stream(str(path), compression="zstd") as stream:
                lines = stream.read().decode().splitlines(keepends=True)
            lines = [l.replace(",S,S,", ",H,H,") if l.startswith(f"0,{position},") else l for l in lines]
            with pa.output_stream(str(path), compression="zstd") as stream:
                stream.write("".join(lines).encode())

    def refused(self, why):
        code, said = self.run_checker()
        self.assertEqual(code, 1, said)
        self.assertIn(why, said)

    def test_sound(self):
        code, said = self.run_checker()
        self.assertEqual(code, 0, said)
        self.assertIn("11 witnesses and 8 claims checked", said)

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

    def test_lone_patient_in_the_only_pair(self):
        self.edit("claims-0.csv.zst", ",0/1 2/3\n", ",0/1\n")
        self.refused("one contributor alone makes a changed count in every pair of a claim (1)")

    def test_same_lone_patient_in_both_pairs(self):
        # The first two claims lean on the cells of the first and of the second lone patient.
        self.edit("cells-0.csv.zst", ",2,2,2,2\n", ",1,2,1,2\n")
        self.refused("one contributor alone makes a changed count in every pair of a claim (2)")

    def test_same_lone_doctor_in_both_pairs(self):
        self.edit("cells-0.csv.zst", ",2,2,2,2\n", ",2,1,2,1\n")
        self.refused("one contributor alone makes a changed count in every pair of a claim (2)")

    def test_same_number_of_a_patient_and_a_doctor_is_two_persons(self):
        self.edit("cells-0.csv.zst", ",1,1,1,1\n", ",1,2,1,2\n")
        self.edit("cells-0.csv.zst", ",2,2,2,2\n", ",2,1,2,1\n")
        self.refused("contributors are not numbered in order of first appearance (1)")
        _, said = self.run_checker()
        self.assertNotIn("one contributor alone", said)

    def test_lone_patient_without_a_number(self):
        self.edit("cells-0.csv.zst", ",1,1,1,1\n", ",,1,1,1\n")
        self.refused("who alone makes a count is not as in the restricted cells (1)")

    def test_number_where_several_are(self):
        self.edit("cells-0.csv.zst", ",3,2,H,H,,,,", ",3,2,H,H,,,1,")
        self.refused("who alone makes a count is not as in the restricted cells (1)")

    def test_numbers_with_a_gap(self):
        self.edit("cells-0.csv.zst", ",2,2,2,2\n", ",3,3,3,3\n")
        self.refused("contributors are not numbered in order of first appearance")

    def test_no_column_of_contributors(self):
        self.edit("cells-0.csv.zst", ",patients_lone_doctor", ",other")
        self.assertEqual(self.run_checker()[0], 2)

    # Witness 6 moves patients of home visits in January from 1103 to 1101. There: 107 patients with
    # physical consultations, 2 with home visits and 43 with e-consultations; 136 with consultations.

    def test_more_patients_of_a_type_than_of_the_whole(self):
        more = '"by":14,"at":[[2,1],[3,2]],"move":[[0,1,2]]},{"by":15,"at":[[2,1],[3,2]],"move":[[0,1,3]]'
        self.edit("witnesses-0.jsonl.zst", PATIENTS_OF_JANUARY, more)
        self.assertNotIn("do not fit", self.run_checker()[1])
        self.edit("witnesses-0.jsonl.zst", '"by":14', '"by":15')
        self.refused("patients of a type and of its parts do not fit")

    def test_fewer_patients_of_all_types_than_of_the_whole(self):
        self.edit("witnesses-0.jsonl.zst", PATIENTS_OF_JANUARY, '"by":-17,"at":[[2,1],[3,2]],"move":[[0,1,2]]')
        self.refused("patients of a type and of its parts do not fit")

    def test_fewer_patients_of_all_months_than_of_the_quarter(self):
        # Home visits in the country: 91, 76 and 204 patients, 355 in the quarter: 16 to spare.
        self.hide([("0", "2024-01", "home-visit"), ("11", "2024-01", "home-visit")])
        self.edit("witnesses-0.jsonl.zst", PATIENTS_OF_JANUARY, '"by":-16,"at":[[2,1],[3,1]],"move":[[0,3,null]]')
        self.assertNotIn("do not fit", self.run_checker()[1])
        self.edit("witnesses-0.jsonl.zst", '"by":-16', '"by":-17')
        self.refused("patients of a period and of its parts do not fit")

    def test_unsafe_cell_without_claim(self):
        self.edit("claims-0.csv.zst", "contacts,2,patients,0/1", "patients,2,patients,6/7")
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

    # Earlier releases: cell 96 is home visits in January in 1101, 3 contacts; witnesses 0 and 1 take it
    # to 5 and 2, and carry a claim of width 2. Cell 97 goes along: 160 physical consultations.

    def leave(self, position, low, high):
        """Bounds on the contacts of a cell."""
        path = self.out / "restricted/certificate/cells-0.csv.zst"
        with pa.input_stream(str(path), compression="zstd") as stream:
            head, *lines = stream.read().decode().splitlines()
        bounds = lambda l: f"{low},{high},," if l.startswith(f"0,{position},") else ",,,"
        lines = [head + ",contacts_low,contacts_high,patients_low,patients_high"] + [l + "," + bounds(l) for l in lines]
        with pa.output_stream(str(path), compression="zstd") as stream:
            stream.write(("\n".join(lines) + "\n").encode())

    def test_witnesses_within_what_earlier_releases_leave(self):
        self.leave(96, 2, 5)
        code, said = self.run_checker()
        self.assertEqual(code, 0, said)

    def test_witness_outside_what_earlier_releases_leave(self):
        self.leave(96, 2, 4)
        self.refused("it takes a cell to a value that earlier releases rule out")

    def test_company_that_is_known(self):
        self.leave(97, 160, 160)
        self.refused("it takes a cell to a value that earlier releases rule out")

    def test_true_value_outside_what_earlier_releases_leave(self):
        self.leave(96, 4, 9)
        self.refused("a true value is not what earlier releases leave")

    def test_no_value_is_told(self):
        self.edit("cells-0.csv.zst", ",3,2,H,H", ",913377,2,H,H")
        _, said = self.run_checker()
        self.assertNotIn("913377", said)

    def test_not_a_release(self):
        shutil.rmtree(self.out / "restricted/certificate")
        self.assertEqual(self.run_checker()[0], 2)


if __name__ == "__main__":
    unittest.main()

"""Files of a delivery to rows of text, in any dialect (specification, section 1; details 2, 9, 11, 33).

In: a folder. Out: for every source its files in byte order of the name, each with a header and rows of stripped
text. Shares nothing with the program.
"""

import csv
import datetime
import gzip
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

SOURCES = ("regning", "takst", "diagnose", "innbyggere")
ENDINGS = (".csv", ".csv.gz", ".csv.zst", ".parquet")
MUNICIPALITY_COLUMNS = {"kommunenr", "kommunenr_pb", "praksiskommune"}

csv.field_size_limit(10_000_000)


def files_of(delivery, source):
    """Paths of a source: SOURCE.ending or SOURCE-anything.ending, in byte order of the file's name."""
    found = []
    for path in Path(delivery).iterdir():
        stem = next((path.name[: -len(end)] for end in ENDINGS if path.name.endswith(end)), None)
        if stem is not None and (stem == source or stem.startswith(source + "-")):
            found.append(path)
    return sorted(found, key=lambda path: path.name.encode())


def read(path):
    """Header and an iterator of rows; a row of another length than the header is None."""
    if path.name.endswith(".parquet"):
        return _read_parquet(path)
    return _read_csv(path)


def _read_csv(path):
    text = _decode(_bytes(path))
    first = text.split("\n", 1)[0]
    delimiter = max(";,\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False)
    header = [name.strip(" \t") for name in next(reader)]

    def rows():
        for fields in reader:
            if not fields:
                continue
            if len(fields) != len(header):
                yield None
            else:
                yield [field.strip(" \t") for field in fields]

    return header, rows()


def _bytes(path):
    if path.name.endswith(".gz"):
        return gzip.decompress(path.read_bytes())
    if path.name.endswith(".zst"):
        with pa.input_stream(str(path), compression="zstd") as stream:
            return stream.read()
    return path.read_bytes()


def _decode(data):
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("iso-8859-1")


def _read_parquet(path):
    table = pq.read_table(path)
    columns = [_texts(name, table.column(name)) for name in table.column_names]
    return table.column_names, (list(row) for row in zip(*columns))


def _texts(name, column):
    values = column.to_pylist()
    padded = name in MUNICIPALITY_COLUMNS and pa.types.is_integer(column.type)

    def text(value):
        if value is None:
            return ""
        if isinstance(value, bool):
            return "1" if value else "0"
        if isinstance(value, datetime.datetime):
            return value.strftime("%Y-%m-%dT%H:%M:%S")
        if isinstance(value, datetime.date):
            return value.isoformat()
        if padded and value >= 0:
            return f"{value:04d}"
        return str(value).strip(" \t")

    return [text(value) for value in values]

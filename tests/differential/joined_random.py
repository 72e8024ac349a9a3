"""Small deliveries by chance, with intervals that overlap and contradict each other, through both computations.

    joined_random.py --kprstat target/release/kprstat [--work target/differential] [--cases N]

Synthetic deliveries are nearly clean; here every rule of intervals, stays and windows is met often.
"""

import argparse
import csv
import datetime
import random
import shutil
import sys
from pathlib import Path

import joined
import run

PLACES = ("0301", "4601", "1103", "2111", "9999", "", "0219", "0000")
TYPES = ("FALE", "FALE", "FALO", "LEVA", "SYPL", "XXXX")
CODES = ("2ad", "2ae", "11ad", "1bd", "14", "s2a", "zz")
FIRST, DAYS = datetime.datetime(2021, 12, 20), 795


def moment(dice, grain=1):
    return FIRST + datetime.timedelta(days=dice.randrange(DAYS), minutes=dice.randrange(0, 1440, grain))


def day(dice, low=-300, high=DAYS):
    return (FIRST + datetime.timedelta(days=dice.randrange(low, high))).date()


def span(dice, form):
    first = day(dice)
    last = "" if dice.random() < 0.4 else first + datetime.timedelta(days=dice.choice((0, 1, 30, 31, 200, 600, -1)))
    return [first.strftime(form), last and last.strftime(form)]


def write(folder, name, header, rows):
    with open(folder / name, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=";").writerows([header, *rows])


def delivery(folder, seed):
    dice = random.Random(seed)
    folder.mkdir(parents=True)
    form = dice.choice(("%Y-%m-%d", "%d.%m.%Y"))
    person = lambda: dice.choice(("p", "")) + str(dice.randrange(15)) if seed % 2 else str(dice.randrange(25))
    doctor, contract = (lambda: str(dice.randrange(7))), (lambda: "k" + str(dice.randrange(8)))
    bills = []
    for number in range(4_000):
        start = moment(dice, 30)
        bills.append([
            number, person(), doctor(), dice.randrange(4), dice.choice(TYPES), "0301", start.isoformat(" ")[:16], start.date(),
            dice.choice(("godkjent",) * 9 + ("avvist",)), 1, dice.choice((1930, 1950, 1956, 1957, 1990, "")), dice.choice(PLACES),
        ])
    bills += [[9_000 + at, "x", "1", 1, "FALE", "0301", f"{text} 10:00", text, "godkjent", 1, 1990, "0301"] for at, text in enumerate(("2022-01-01", "2024-02-20"))]
    header = "enkeltregning_lnr kpr_lnr behandler_lnr praksis_lnr praksistype praksiskommune tidspunkt registrert status kjonn fodselsaar kommunenr"
    write(folder, "regning-a.csv", header.split(), bills)
    write(folder, "takst-a.csv", ["enkeltregning_lnr", "takstkode"], [[bill[0], dice.choice(CODES)] for bill in bills])
    write(folder, "diagnose-a.csv", ["enkeltregning_lnr", "kode"], [])
    residents = [[year, place, 1, 40, dice.randrange(500)] for year in (2022, 2023, 2024) for place in PLACES]
    write(folder, "innbyggere-a.csv", "aar kommunenr kjonn alder personer".split(), residents)
    flags = lambda: dice.choice(("0", "1", ""))
    for name in ("a", "b"):
        write(folder, f"kontrakt-{name}.csv", register_columns("kontrakt"), [
            [contract(), dice.choice(PLACES), dice.randrange(4), dice.choice((1000, 3, "", -1)), dice.choice(("apen", "lukket")), flags(), flags(), *span(dice, form)]
            for _ in range(14)
        ])
        write(folder, f"kontrakt_lege-{name}.csv", register_columns("kontrakt_lege"), [
            [contract(), doctor(), flags(), *span(dice, form)] for _ in range(14)
        ])
        write(folder, f"medlemskap-{name}.csv", register_columns("medlemskap"), [
            [dice.choice((person(), person(), person(), "")), dice.choice((contract(), contract(), "k99")), *span(dice, form)] for _ in range(80)
        ])
        write(folder, f"opphold-{name}.csv", register_columns("opphold"), [stay(dice) for _ in range(160)])
    pairs = [[number, person()] for number in range(40)] + [[3, "p3"], [5, ""]]
    write(folder, "nokkel-a.csv", ["npr_lnr", "kpr_lnr"], pairs)
    return folder


def register_columns(source):
    return joined.registers.register_rows.COLUMNS[source]


def stay(dice):
    start = moment(dice, 60)
    hours = dice.choice((-1, 1, 7, 8, 9, 24, 80, 300))
    gap = dice.choice(("", (start + datetime.timedelta(hours=hours)).isoformat(" ")[:16])) if dice.random() < 0.1 else (start + datetime.timedelta(hours=abs(hours))).isoformat(" ")[:16]
    return [
        dice.randrange(45), start.isoformat(" ")[:16], gap, dice.choice((1, 1, 1, 2, 3)), dice.choice((1, 2, 3, 4, 5, "")), 1,
        dice.choice(PLACES), dice.choice((1930, 1950, 1956, 1957, 1903, 1902, 1990, "")), dice.choice((1,) * 12 + (2, 3, "")),
    ]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kprstat", required=True, type=lambda text: Path(text).resolve())
    parser.add_argument("--work", default=run.ROOT / "target" / "differential", type=Path)
    parser.add_argument("--cases", default=6, type=int)
    args = parser.parse_args()
    failed = 0
    for seed in range(args.cases):
        folder = args.work / f"joined-random-{seed}"
        shutil.rmtree(folder, ignore_errors=True)
        pipelines = folder / "pipelines"
        shutil.copytree(run.ROOT / "pipelines", pipelines)
        for path in pipelines.glob("*.toml"):
            text = path.read_text(encoding="utf-8").replace("reject-limit = 0.01", "reject-limit = 1.0")
            path.write_text(text, encoding="utf-8")
        number, texts = joined.compare_release(args.kprstat, delivery(folder / "delivery", seed), folder / "out", "2024-05-05", pipelines)
        failed += bool(texts)
        print(f"joined by chance, seed {seed}: {number} cells, differences: {len(texts)}")
        print("".join(f"    {text}\n" for text in texts), end="")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

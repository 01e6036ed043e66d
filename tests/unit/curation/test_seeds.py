"""Our own table of facts: every row sourced and licensed, only sound rows offered to training."""

import csv
from pathlib import Path

from sseml.curation.interpret import interpret
from sseml.curation.readers import read_seeds
from sseml.curation.rows import Draft

FOLDER = Path(__file__).parents[3] / "data" / "literature"
REASONS = {
    "", "class_range", "computed", "derived", "no_formula", "not_conductivity", "not_inorganic",
    "other_ion", "range", "reading_uncertain", "temperature_not_stated", "unconfirmed",
}  # fmt: skip


def rows() -> list[dict[str, str]]:
    with (FOLDER / "seeds.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_every_row_is_a_sourced_fact() -> None:
    table = rows()
    assert len({row["seed_id"] for row in table}) == len(table) > 100
    for row in table:
        assert row["licence"] == "facts"
        assert row["reason"] in REASONS
        assert (row["usable_for_training"] == "yes") == (row["reason"] == "")
        float(row["value"])


def test_rows_for_training_are_measured_lithium_conductivities_of_a_formula() -> None:
    for row in (row for row in rows() if row["usable_for_training"] == "yes"):
        assert row["property"] == "ionic_conductivity"
        assert (row["method"], row["mobile_ion"], row["unit"]) == ("experiment", "Li+", "S/cm")
        assert row["formula"]
        assert row["reference"]
        assert float(row["temperature_C"])
        assert not row["polymer"] + row["salt"] + row["filler"] + row["value_high"]


def test_every_row_for_training_can_be_interpreted() -> None:
    usable = [raw for raw in read_seeds(FOLDER) if raw.unusable is None]
    assert len(usable) >= 15
    assert all(isinstance(interpret(raw), Draft) for raw in usable)

"""Rebuild `src/sseml/screen/data/supply.csv` from pymatgen's tables of prices and of supply.

Run as `python tools/build_supply.py COSTDB.csv HHI.csv`. Everything written is a published fact;
`SOURCES.md` beside the table says where each column is from.
"""

from __future__ import annotations

import argparse
import csv
import re
from pathlib import Path

TABLE = Path(__file__).parents[1] / "src" / "sseml" / "screen" / "data" / "supply.csv"
COLUMNS = (
    "element", "price_USD_kg", "price_year", "price_source",
    "hhi_production", "hhi_reserve", "licence",
)  # fmt: skip
NO_RAW_MATERIAL = {"F"}
"""Elements whose price is that of the pure gas, of which nobody makes an electrolyte."""


def main() -> None:
    """Join both tables by element."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("prices", type=Path)
    parser.add_argument("supply", type=Path)
    asked = parser.parse_args()
    prices = {}
    for line in asked.prices.read_text(encoding="utf-8").splitlines():
        head, reference = line.split("|")[:2]
        element, price = head.split(",")[:2]
        year, url = re.search(r'year = "(\d+)"', reference), re.search(r'url = "(.+?)"', reference)
        if year is None or url is None:
            raise SystemExit(f"no year or address in {line!r}")
        if element not in NO_RAW_MATERIAL:
            prices[element] = (f"{float(price):.6g}", year[1], url[1])
    supply = {}
    for line in asked.supply.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            element, production, reserve = line.split(",")
            supply[element] = (production, reserve)
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for element in sorted({*prices, *supply}):
            price = prices.get(element, ("", "", ""))
            writer.writerow([element, *price, *supply.get(element, ("", "")), "MIT"])


if __name__ == "__main__":
    main()

"""An activation energy in a row: as key=value, or as a column in a unit that its heading says."""

from io import BytesIO

import pytest

from sseml.parse.queries import parse_rows
from sseml.parse.rows import read_rows
from sseml.parse.text import parse_line
from sseml.records import Query, Refusal


def queries(csv, **options):
    return list(parse_rows(read_rows(BytesIO(csv.encode()), "csv"), **options))


@pytest.mark.parametrize(
    ("written", "energy_eV"),
    [
        ("activation_energy_eV=0.40", 0.4),
        ("Ea=0.40", 0.4),
        ("Ea=0.40(2) eV T=60", 0.4),
        ("Ea = 0.40 ± 0.02 eV", 0.4),
        ("Ea=380 meV", 0.38),
        ("Ea=38.594 kJ/mol", 0.4),
        ("activation_energy_meV=380", 0.38),
    ],
)
def test_an_energy_beside_the_formula_is_read(written, energy_eV):
    [query] = parse_line(1, f"Li3YCl6 {written}")
    assert isinstance(query, Query)
    assert query.activation_energy_eV == pytest.approx(energy_eV, abs=1e-4)
    assert query.material.formula == "Li3YCl6"


@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        *((heading, "0.4") for heading in ("activation_energy_eV", "Ea (eV)", "E_a / eV", "Ea")),
        ("Activation energy (kJ/mol)", "38.594"),
        ("Ea in kJ mol-1", "38.594"),
        ("Ea [meV]", "400"),
        ("Ea (kJ/mol)", "0.4 eV"),
    ],
)
def test_a_column_is_read_in_the_unit_of_its_heading_or_of_its_cell(heading, cell):
    given, missing = queries(f"formula,{heading}\nLi3YCl6,{cell}\nLLZO,\n")
    assert given.activation_energy_eV == pytest.approx(0.4, abs=1e-4)
    assert given.columns[heading] == cell
    assert missing.activation_energy_eV is None


@pytest.mark.parametrize("value", ["38", "0.01", "0", "-0.4", "low", "1.7 eV"])
def test_what_no_electrolyte_has_is_refused_with_the_units_to_write(value):
    [refusal] = parse_line(1, f"Li3YCl6 Ea={value}")
    assert isinstance(refusal, Refusal)
    assert refusal.code == "invalid_qualifier"
    assert "activation energy" in refusal.reason
    [cell] = queries(f"formula,Ea (eV)\nLi3YCl6,{value}\n")
    assert "column 'Ea (eV)'" in cell.reason
    [ignored] = queries(f"formula,Ea (eV)\nLi3YCl6,{value}\n", ignored=["Ea (eV)"])
    assert ignored.activation_energy_eV is None


@pytest.mark.parametrize("beside", ["sigma_S_cm", "log10_sigma", "p_superionic"])
def test_an_energy_that_may_be_an_earlier_answer_is_kept_and_not_used(beside):
    with_value, without = queries(
        f"formula,{beside},activation_energy_eV\nLLZO,1e-4,0.3\nLLZO,1,\n"
    )
    assert with_value.activation_energy_eV is None
    assert with_value.columns["activation_energy_eV"] == "0.3"
    assert any("earlier answer" in note for note in with_value.notes)
    assert not without.notes
    [renamed] = queries(f"formula,{beside},Ea (eV)\nLLZO,1e-4,0.3\n")
    assert renamed.activation_energy_eV == 0.3


def test_an_energy_of_a_polymer_is_not_used_and_said():
    [query] = parse_line(1, "PEO + LiTFSI, EO:Li=18 Ea=0.6")
    assert query.activation_energy_eV is None
    assert any("activation energy" in note for note in query.notes)

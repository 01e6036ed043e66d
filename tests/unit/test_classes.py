"""Classes of `sseml.classes` are what those of `dataclasses` are."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Mapping
from functools import cached_property
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.classes import asdict, astuple, dataclass, field, fields, replace


@dataclass(frozen=True, slots=True)
class Site:
    """A slotted one."""

    element: str
    occupancy: float = 1.0
    tags: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Charged(Site):
    """One with fields of its own behind, given by name."""

    charge: int = field(default=0, kw_only=True)
    shown: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shown", f"{self.element}{self.charge:+d}")


@dataclass(frozen=True)
class Open:
    """One without slots."""

    numbers: tuple[int, ...]

    @cached_property
    def total(self) -> int:
        """Calculated once."""
        return sum(self.numbers)


@dataclass(slots=True, kw_only=True)
class Draft:
    """One that may change."""

    text: str
    marks: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class Alone:
    """One that equals nothing else."""

    x: int


def often(make: Any, *given: Any, **named: Any) -> list[Any]:
    """So many that the first are made in another way than the last."""
    return [make(*given, **named) for _ in range(40)]


@given(st.text(), st.floats(allow_nan=False), st.dictionaries(st.text(), st.integers()))
def test_a_record_holds_what_it_was_given(element: str, occupancy: float, tags: Any) -> None:
    for site in (Site(element, occupancy, tags), Site(element, tags=tags, occupancy=occupancy)):
        assert (site.element, site.occupancy, site.tags) == (element, occupancy, tags)
        assert site == Site(element, occupancy, tags)
        assert asdict(site) == {"element": element, "occupancy": occupancy, "tags": tags}


def test_the_first_instance_and_the_fortieth_are_alike() -> None:
    assert all(each == Site("Li") for each in often(Site, "Li"))
    assert {each.shown for each in often(Charged, "Li", 0.5, charge=1)} == {"Li+1"}
    assert {each.total for each in often(Open, (1, 2))} == {3}


def test_what_is_made_for_a_field_is_its_own() -> None:
    for drafts in (often(Draft, text="a"), often(Draft, text="b")):
        drafts[0].marks.append("x")
        assert [each.marks for each in drafts] == [["x"], *[[]] * 39]


@pytest.mark.parametrize("seen_before", [False, True])
@pytest.mark.parametrize(
    ("given", "named"),
    [((), {}), (("Li", 1.0, {}, 4), {}), (("Li",), {"element": "Na"}), (("Li",), {"mass": 7})],
)
def test_wrong_arguments_are_a_type_error(
    seen_before: bool, given: tuple[Any, ...], named: dict[str, Any]
) -> None:
    fresh = dataclass(frozen=True, slots=True)(
        type("Site", (), {"__annotations__": {"element": "str", "occupancy": "float"},
                          "__module__": __name__, "occupancy": 1.0})
    )  # fmt: skip
    if seen_before:
        often(fresh, "Li")
    with pytest.raises(TypeError, match="argument"):
        fresh(*given, **named)


def test_a_field_that_is_calculated_is_no_argument() -> None:
    with pytest.raises(TypeError, match="shown"):
        Charged("Li", shown="x")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="positional"):
        Charged("Li", 1.0, {}, 2)  # type: ignore[misc]


def test_frozen_ones_do_not_change() -> None:
    for one in (Site("Li"), Charged("Li")):
        with pytest.raises(dataclasses.FrozenInstanceError, match="element"):
            one.element = "Na"  # type: ignore[misc]
        with pytest.raises(AttributeError, match="element"):
            del one.element
    draft = Draft(text="a")
    draft.text = "b"
    assert draft.text == "b"
    with pytest.raises(AttributeError):
        draft.other = 1  # type: ignore[attr-defined]


def test_equality_and_hash_go_by_class_and_values() -> None:
    assert Site("Li") != Charged("Li")
    assert Alone(1) != Alone(1)
    assert len({Open((1,)), Open((1,)), Open((2,)), Alone(1), Alone(1)}) == 4
    assert Site("Li").__eq__("Li") is NotImplemented
    with pytest.raises(TypeError, match="unhashable"):
        hash(Draft(text="a"))


@pytest.mark.parametrize("one", [Site("Li", 0.5), Charged("Li", charge=1), Open((1, 2))])
def test_copies_are_equal(one: Any) -> None:
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301 - written a moment ago
    assert copy.deepcopy(one) == copy.copy(one) == replace(one) == dataclasses.replace(one) == one
    assert repr(copy.copy(one)) == repr(one)


def test_others_of_changed_values() -> None:
    changed = replace(Charged("Li", charge=1), charge=2)
    assert (changed.element, changed.charge, changed.shown) == ("Li", 2, "Li+2")
    with pytest.raises(TypeError, match="mass"):
        replace(Site("Li"), mass=7)  # type: ignore[call-arg]


def test_repr_names_the_fields() -> None:
    assert repr(Site("Li")) == "Site(element='Li', occupancy=1.0, tags={})"
    assert repr(Charged("Li", charge=1)) == (
        "Charged(element='Li', occupancy=1.0, tags={}, charge=1)"
    )


def test_a_case_takes_it_apart() -> None:
    match Charged("Li", 0.5):
        case Charged(element, occupancy):
            assert (element, occupancy) == ("Li", 0.5)


def test_dataclasses_and_inspect_know_them() -> None:
    assert dataclasses.is_dataclass(Site)
    assert [each.name for each in fields(Charged)] == (
        ["element", "occupancy", "tags", "charge", "shown"]
    )
    assert [each.name for each in fields(Charged) if each.kw_only] == ["charge"]
    assert astuple(Open((1, 2))) == ((1, 2),)
    assert list(inspect.signature(Charged).parameters) == (
        ["element", "occupancy", "tags", "charge"]
    )
    assert get_type_hints(Site.__init__)["occupancy"] is float
    assert Site.__doc__ == "A slotted one."


def test_dataclasses_can_go_on_from_one() -> None:
    @dataclasses.dataclass(frozen=True, slots=True)
    class Measured(Site):
        uncertainty: float = 0.1

    for one in often(Measured, "Li", uncertainty=0.2):
        assert (one.element, one.uncertainty) == ("Li", 0.2)
    assert dataclasses.replace(Measured("Li"), element="Na") == Measured("Na")

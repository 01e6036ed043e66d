"""A pattern that is compiled late is one that is compiled at once."""

from __future__ import annotations

import re

import pytest

from sseml.patterns import late


def test_it_finds_the_same() -> None:
    pattern = late("(?P<element>li)([0-9]*)", re.IGNORECASE)
    for text in ("Li6PS5Cl", "xli", ""):
        at_once = re.compile("(?P<element>li)([0-9]*)", re.IGNORECASE)
        assert str(pattern.match(text)) == str(at_once.match(text))
        assert pattern.findall(text) == at_once.findall(text)
        assert pattern.sub("Na", text) == at_once.sub("Na", text)
    assert pattern.pattern == "(?P<element>li)([0-9]*)"
    assert dict(pattern.groupindex) == {"element": 1}


def test_a_mistake_shows_when_it_is_used() -> None:
    pattern = late("(")
    with pytest.raises(re.error):
        pattern.match("")

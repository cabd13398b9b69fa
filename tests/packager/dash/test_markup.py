from __future__ import annotations

from packager.dash.markup import element, text


def test_elements_nest_and_leave_out_what_is_none() -> None:
    inner = element("In", {"a": 1, "b": None})
    assert inner == '<In a="1"/>\n'
    assert element("Out", {}, inner, text("T", "x/")) == '<Out>\n <In a="1"/>\n <T>x/</T>\n</Out>\n'


def test_attributes_are_quoted() -> None:
    assert element("E", {"lang": 'd"<&'}) == "<E lang='d\"&lt;&amp;'/>\n"

"""docs/rules.md is the law: every id that anything here cites is defined there, and a test cites every rule that is kept."""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from billing.api.v1.document.codes import PROBLEMS
from billing.rulebook import PAGE, RULE_ID, rulebook
from tests.support.tree import ROOT, read, tracked

# Agreed and being built: no test has to cite these until the code keeps them. One that is cited is taken off this list.
BEING_BUILT = {"C6", "D22", "D23", "D24", "D25", "D26", "D27"}

READ = {".py", ".md", ".html", ".txt", ".sql", ".css", ".js", ".po"}
# Lists of packages with their hashes; this file, whose samples look like ids on purpose.
NOT_READ = {ROOT / "requirements", Path(__file__).resolve()}
# Paths of pictures ("M22 38h18") say where a pen moves.
DRAWN = re.compile(r"""\bd=(?:"[^"]*"|'[^']*')""")
NAME_OF_A_TEST = re.compile(r"\bdef test_((?:[gmbecdi][1-9]\d?_|[mbe]_[a-h]_)+)")


def in_a_test_name(prefix: str) -> set[str]:
    """The ids that the name of a test begins with: ``m8_`` and ``b5_b6_``, an example as ``e_a_``."""
    rules = re.findall(r"([gmbecd][1-9]\d?)_", prefix)
    invariants = re.findall(r"i([1-9]\d?)_", prefix)
    examples = re.findall(r"(?:^|(?<=_))([mbe])_([a-h])_", prefix)
    return {
        *(rule.upper() for rule in rules),
        *(f"I-{number}" for number in invariants),
        *(f"{family.upper()}-{letter}" for family, letter in examples),
    }


def cited_in(text: str, *, is_test: bool) -> set[str]:
    """The ids that ``text`` cites; ``I-1 … I-9`` names all between."""
    prose = DRAWN.sub("", text)
    cited = {match[0] for match in RULE_ID.finditer(prose)}
    for first, last in re.findall(r"\bI-(\d+) … I-(\d+)", prose):
        cited |= {f"I-{number}" for number in range(int(first), int(last) + 1)}
    if is_test:
        for prefix in NAME_OF_A_TEST.findall(text):
            cited |= in_a_test_name(prefix)
    return cited


@cache
def citations() -> dict[Path, set[str]]:
    """What each file of the tree cites, but for the law itself."""
    texts = [path for path in tracked() if path.suffix in READ and NOT_READ.isdisjoint({path, *path.parents})]
    return {path: cited_in(read(path), is_test=is_test(path)) for path in texts if path != PAGE}


def is_test(path: Path) -> bool:
    return path.is_relative_to(ROOT / "tests")


def test_every_id_that_is_cited_is_defined() -> None:
    unknown = {str(path.relative_to(ROOT)): ids - rulebook().ids for path, ids in citations().items()}
    assert {path: ids for path, ids in unknown.items() if ids} == {}


def test_every_rule_is_cited_by_a_test_but_those_being_built() -> None:
    by_tests = set().union(*(ids for path, ids in citations().items() if is_test(path)))
    assert sorted(rulebook().ids - by_tests - BEING_BUILT) == [], "write the test, or cite the id where it is proved"
    assert sorted(BEING_BUILT & by_tests) == [], (
        "kept now: take it off BEING_BUILT, and in docs/rules.md out of that part"
    )


def test_no_id_is_defined_twice_and_every_rule_says_where_it_comes_from() -> None:
    ids = [rule for family in rulebook().families for rule in family.rules]
    assert [rule for rule, number in Counter(ids).items() if number > 1] == []
    parts = re.split(r"^### ", PAGE.read_text(encoding="utf-8"), flags=re.M)[1:]
    assert [part.split("\n")[0] for part in parts if not re.search(r"^From: \S", part, re.M)] == []


def test_the_page_says_of_those_being_built_that_they_are() -> None:
    parts = dict(
        re.findall(r"^### ([A-Z]\d+)\. [^\n]*\n\n(.*?)(?=^#|\Z)", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    )
    of_their_own = {rule for rule, text in parts.items() if text.startswith("*Agreed, being built.*")}
    [family] = [family for family in rulebook().families if "being built" in family.title]
    assert of_their_own | set(family.rules) == BEING_BUILT


def test_every_rule_that_the_api_answers_is_defined() -> None:
    assert {problem.rule for problem in PROBLEMS.values() if problem.rule} - rulebook().ids == set()


def test_every_id_of_the_page_has_its_anchor() -> None:
    anchors = re.findall(r'<(?:h3|tr) id="([A-Z][\w-]+)"', rulebook().html)
    assert sorted(anchors) == sorted(rulebook().ids)
    assert set(re.findall(r'href="#([A-Z][\w-]+)"', rulebook().html)) - set(anchors) == set()


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("Read-only from 00:00 (M8, D3).", {"M8", "D3"}),
        ("the value carried over (E-b to E-e)", {"E-b", "E-e"}),
        ("counted (G5, I-1 … I-3)", {"G5", "I-1", "I-2", "I-3"}),
        ('<path d="M22 38h18M31 29v18" />', set()),
        ("UTF-8, billing.E001, #D6, %D0%B1, ISO-8601, C90x, A4, B-1", set()),
        ("def test_b5_b6_a_seat_costs_its_days(", {"B5", "B6"}),
        ("def test_e_a_thirty_terminals(", {"E-a"}),
        ("def test_a_seat_costs(", set()),
    ],
)
def test_an_id_is_told_from_what_looks_like_one(text: str, cited: set[str]) -> None:
    assert cited_in(text, is_test=True) == cited

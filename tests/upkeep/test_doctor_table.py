"""How sentences become findings, and findings a table."""

import pytest

from pipeline.errors import UserError
from pipeline.upkeep.doctor.doctor import summary, table
from pipeline.upkeep.doctor.finding import Finding, problem_of


@pytest.mark.parametrize(
    ("sentence", "saw", "remedy"),
    [
        ("a is missing: name another.", "a is missing", "name another."),
        ("in a: b is missing; name c, or d.", "in a: b is missing", "name c, or d."),
        ("no EGL (Error: none (a: b)): install x.", "no EGL (Error: none (a: b))", "install x."),
        ("a is missing; get it with `x; y: z`.", "a is missing", "get it with `x; y: z`."),
        ("10:30 is a;b", "10:30 is a;b", "the sentence above names what to correct"),
    ],
)
def test_the_last_clause_of_a_sentence_is_the_remedy(sentence: str, saw: str, remedy: str) -> None:
    assert problem_of("x", UserError(sentence)) == Finding("x", "problem", saw, remedy)


def test_a_remedy_stands_below_what_was_seen() -> None:
    text = table([Finding("git", "ok", "commit abc"), Finding("locks", "problem", "none", "mount it.")])
    assert text.splitlines() == [
        "check  state    seen",
        "git    ok       commit abc",
        "locks  problem  none",
        "        remedy  mount it",
        "",
        "1 problem, 0 warnings: each problem stops a stage of these settings.",
    ]


def test_warnings_stop_nothing() -> None:
    assert summary([Finding("a", "warning", "b", "c")]) == (
        "0 problems, 1 warning: nothing stops a stage of these settings."
    )

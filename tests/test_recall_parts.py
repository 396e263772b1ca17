"""The parts of recall: terms, times, excerpts."""

from datetime import datetime

import pytest

from commonplace.recall.budget import Form, JsonForm, Line, fit
from commonplace.recall.excerpt import excerpt
from commonplace.recall.terms import stem, terms
from commonplace.recall.when import spans

NOW = datetime(2026, 11, 20, 12).timestamp()
"""A Friday."""


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("--no-verify", ["no_verify", "verifi"]),
        ("-m --all", ["_m", "_all"]),
        ("src/foo_bar.py", ["src_foo_bar_py", "foo_bar_py", "foo_bar", "src", "foo", "bar", "py"]),
        ("HTTP_PROXY", ["http_proxy", "http", "proxi"]),
        ("v1.10", ["1_10", "v_1_10", "v1", "v", "1", "10"]),
        ("fooBar GitHub IDs", ["foobar", "foo", "bar", "github", "git", "hub", "ids", "id"]),
        ("I don't, it's Ada's", ["ada"]),
        ("in May, may I", ["may"]),
        ("Größe naïve café", ["große", "naiv", "caf"]),
        ("设置数据库", ["设置", "置数", "数据", "据库"]),
        ("a" * 200 + ".py", ["a" * 200, "py"]),
        ("", []),
    ],
)
def test_a_text_has_these_terms(text: str, wanted: list[str]) -> None:
    assert terms(text) == wanted


@pytest.mark.parametrize(
    "forms",
    ["test tests tested testing", "study studies studied studying", "commit commits committed committing",
     "cache caches cached caching", "quick quickly", "class classes"],
)  # fmt: skip
def test_the_forms_of_a_word_have_one_stem(forms: str) -> None:
    assert len({stem(form) for form in forms.split()}) == 1


def test_words_that_only_look_alike_keep_their_stems() -> None:
    words = ["bus", "business", "analysis", "status", "need", "red", "sing", "string", "thing", "v1", "10"]
    assert len({stem(word) for word in words}) == len(words)


def day(number: float) -> str:
    return f"{datetime.fromtimestamp(number):%Y-%m-%d}"


@pytest.mark.parametrize(
    ("query", "first", "end", "rest"),
    [
        ("what broke yesterday", "2026-11-19", "2026-11-20", "what broke"),
        ("deploy 3 days ago", "2026-11-17", "2026-11-18", "deploy"),
        ("a week ago, deploy", "2026-11-10", "2026-11-17", ", deploy"),
        ("deploy last week", "2026-11-09", "2026-11-16", "deploy"),
        ("deploy in the last 2 weeks", "2026-11-06", "2026-11-21", "deploy in the"),
        ("deploy this month", "2026-11-01", "2026-12-01", "deploy"),
        ("deploy two months ago", "2026-09-01", "2026-10-01", "deploy"),
        ("deploy on Monday", "2026-11-16", "2026-11-17", "deploy"),
        ("deploy on Friday", "2026-11-13", "2026-11-14", "deploy"),
        ("deploy 2026-11-02", "2026-11-02", "2026-11-03", "deploy 2026-11-02"),
        ("deploy of 5 March", "2026-03-05", "2026-03-06", "deploy of 5 March"),
        ("deploy of December 5th", "2025-12-05", "2025-12-06", "deploy of December 5th"),
        ("deploy in March", "2026-03-01", "2026-04-01", "deploy in March"),
        ("deploy in May 2023", "2023-05-01", "2023-06-01", "deploy in May 2023"),
        ("deploy since March", "2026-03-01", "2026-11-21", "deploy since March"),
        ("deploy before 2026-11-02", "1970-01-01", "2026-11-02", "deploy before 2026-11-02"),
        ("deploy during 2025", "2025-01-01", "2026-01-01", "deploy during 2025"),
        ("in May 2023", "2023-05-01", "2023-06-01", ""),
    ],
)
def test_a_query_names_this_time(query: str, first: str, end: str, rest: str) -> None:
    (found,), left = spans(query, NOW)
    assert (day(found[0]), day(found[1]), " ".join(left.split())) == (first, end, rest)


@pytest.mark.parametrize(
    "query", ["may I deploy", "2026-13-45", "30 February", "the last word", "a second on it"]
)
def test_what_names_no_time_is_left_alone(query: str) -> None:
    assert spans(query, NOW) == ([], query)


LONG = (
    "First we looked at the menu. " * 6
    + "The proxy listens on port 8080. Then the cache was cleared. "
    + "And so on. " * 20
)


def test_an_excerpt_is_the_window_with_what_is_looked_for_from_a_sentences_start() -> None:
    found = excerpt(LONG, {"proxi": 1.0, "8080": 2.0}, 80)
    assert found.startswith("…First we looked at the menu. The proxy listens on port 8080.")


def test_an_excerpt_is_never_longer_than_it_may_be_and_cuts_no_word() -> None:
    for limit in range(20, 300, 7):
        found = excerpt(LONG, {"cach": 1.0}, limit)
        assert len(found) <= limit
        assert found.strip("…").strip() in LONG
        assert set(found.strip("…").split()) <= set(LONG.split())


def test_a_text_that_fits_is_shown_whole_and_one_without_a_match_from_its_start() -> None:
    assert excerpt("short", {"cach": 1.0}, 80) == "short"
    assert excerpt(LONG, {}, 40) == "First we looked at the menu. First we…"
    assert excerpt("x" * 100, {"cach": 1.0}, 40) == "x" * 38 + "…"


@pytest.mark.parametrize("form", [Form("cad"), JsonForm()], ids=["text", "json"])
def test_every_budget_is_filled_and_none_is_exceeded(form: Form) -> None:
    for budget in range(150, 1500):
        lines = [
            Line(f"^{n:010}", "2026-11-20", "project:erp", "deploy", f"{n} {LONG * (1 + n % 2)}", "")
            for n in range(9)
        ]
        taken, text = fit(lines, {"proxi": 1.0}, budget, 12345, form)
        assert len(text) <= budget
        assert len(text) > budget - 200
        assert text.count("^0000") == len(taken)


def test_a_correction_is_shown_with_what_it_corrects_if_it_is_short() -> None:
    short = Line("0123456789", "", "", "", "no, to the viewport", "I clipped it. " * 20)
    long = Line("0123456789", "", "", "", "no, to the viewport " * 5, "I clipped it.")
    (one, other), _ = fit([short, long], {}, 4096, 2, Form())
    assert one.premise.startswith("I clipped it.")
    assert len(one.premise) <= 121
    assert other.premise == ""

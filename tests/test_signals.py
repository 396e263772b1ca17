"""Signals: each on pairs whose order a person would agree with, and how they are mixed."""

import pytest

from commonplace.settings import KEYS, Settings
from commonplace.substrate import signals
from commonplace.substrate.misstep import ENOUGH, Misstep
from commonplace.substrate.pairs import Pair
from tests.sessions import NOW, turn


def pair(text: str, premise: str = "Done. All tests pass.", **where: object) -> Pair:
    """Return a pair."""
    return Pair(turn(text, premise, **where), 0.9)  # type: ignore[arg-type]


def settings(**weights: int) -> Settings:
    """Return settings in which only these signals count."""
    values = {name: key.default for name, key in KEYS.items()}
    return Settings(values | {f"signals.{name}": weights.get(name, 0) for name in signals.SIGNALS})


def test_recency_the_newest_of_a_project_stands_first() -> None:
    old = pair("no", name="old", at="2027-01-01T00:00:00Z")
    new = pair("no", name="new", at="2027-01-09T00:00:00Z")
    alone = pair("no", name="alone", at="2026-01-01T00:00:00Z", project="other")
    assert signals.recency([new, alone, old]) == [1.0, 1.0, 0.5]


@pytest.mark.parametrize(
    ("specific", "vague"),
    [
        ("use `pnpm install --frozen-lockfile`, never npm", "hmm I think that is not really what I want"),
        ("dates are stored in UTC, only the view converts them", "can you look at it again and fix it"),
        ("amounts must be integers in cents, not floats", "no"),
        ("the timeout in config/http.toml is 30 s, not 300", "this is wrong, please do it again"),
    ],
)
def test_density_names_numbers_and_rules_stand_before_filler(specific: str, vague: str) -> None:
    assert signals.density(pair(specific)) > signals.density(pair(vague))


def test_density_a_word_or_two_says_little_however_dense() -> None:
    assert signals.density(pair("fix lint")) < signals.density(pair("the linter must also run on tests/"))
    assert signals.density(pair("")) == 0.0


def test_coverage_goes_from_what_cannot_be_undone_to_what_touches_nothing() -> None:
    said = "I've pushed the release to production."
    assert signals.coverage(pair("you must never push to production without a tag", said)) == "critical"
    plain = "I've sorted the list of guests by their last name."
    assert signals.coverage(pair("no, by the first name", plain)) == "high"
    assert signals.coverage(pair("the page shows an error", plain)) == "medium"
    assert signals.coverage(pair("is there any other way?", plain)) == "low"


def test_coverage_a_question_that_names_most_of_the_premise_covers_it() -> None:
    said = "I've sorted the guests by age."
    assert signals.coverage(pair("are guests sorted by age everywhere?", said)) == "high"
    assert list(signals.TIERS.values()) == sorted(signals.TIERS.values(), reverse=True)


def test_topic_position_the_last_word_on_a_topic_stands_first() -> None:
    said = [
        pair("no, the port is wrong", "The server listens on port 80.", name="a", position=3),
        pair("the port has to be 8443", "The server listens on port 443.", name="b", position=4),
        pair("the colour is off", "I've painted the logo.", name="c", position=5),
        pair("this port again", "The server listens on port 1.", name="d", position=40),
    ]
    assert signals.topic_position(said) == [0.5, 1.0, 1.0, 1.0]
    assert signals.topic_position(said[::-1]) == [1.0, 1.0, 1.0, 0.5]
    assert signals.topic_position([said[0], said[3]]) == [1.0, 1.0]  # too far apart to be one topic


def test_neighbourhood_what_was_said_in_another_session_too_stands_first() -> None:
    said = [
        pair("never push to main, open a pull request", name="a", session="one"),
        pair("please open a pull request, don't push to main", name="b", session="two"),
        pair("the logo is too large", name="c", session="three"),
        pair("the logo is too large", name="d", session="three"),
    ]
    values = signals.neighbourhood(said)
    assert min(values[:2]) > 0.5
    assert values[2:] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("lasting", "passing"),
    [
        ("we never commit generated files here, only their sources", "fix lint"),
        ("the house style is sentence case everywhere, not title case", "it still crashes"),
        ("prices must be shown without tax, for our customers are companies", "why is it red?"),
    ],
)
def test_misstep_a_rule_is_likelier_to_matter_again_than_a_failure_of_the_day(
    lasting: str, passing: str
) -> None:
    prediction = Misstep({}, [])
    assert prediction.predict(pair(lasting)) > prediction.predict(pair(passing))


def test_misstep_learns_from_the_persons_own_labels_when_there_are_enough() -> None:
    crashes = [pair("it crashes when I click", name=f"crash{n}") for n in range(ENOUGH)]
    rules = [pair("we never use tabs, only spaces", name=f"rule{n}") for n in range(ENOUGH)]
    odd = {one.id: "keep" for one in crashes} | {one.id: "skip" for one in rules}
    few = dict(list(odd.items())[: ENOUGH - 1])
    shipped, taught = Misstep(few, crashes + rules), Misstep(odd, crashes + rules)
    assert not shipped.own
    assert taught.own
    assert shipped.predict(crashes[0]) < shipped.predict(rules[0])
    assert taught.predict(crashes[0]) > taught.predict(rules[0])
    # Of what the labels say nothing about, the shipped weights still hold.
    bare, pasted = (
        pair("it crashes when I click"),
        pair("it crashes when I click\n12:00:01 ERROR no such row"),
    )
    assert taught.predict(pasted) < taught.predict(bare)


def test_label_the_persons_word_ranks() -> None:
    said = [pair("no", name=name) for name in ("skipped", "unsaid", "kept")]
    rows = signals.table(said, NOW, settings(label=1), {"kept": "keep", "skipped": "skip"})
    assert [row.pair.id for row in rows] == ["kept", "unsaid", "skipped"]


def test_by_default_the_newest_stands_first_however_dense_the_old_one_is() -> None:
    old = pair("never use `eval()`, always `ast.literal_eval()`", name="old", at="2027-01-02T00:00:00Z")
    new = pair("no, the other one", name="new", at="2027-01-13T00:00:00Z")
    default = Settings({name: key.default for name, key in KEYS.items()})
    assert [row.pair.id for row in signals.table([old, new], NOW, default)] == ["new", "old"]


def test_the_mixture_is_the_weighted_mean_times_the_decay() -> None:
    one = pair("use `pnpm`, not npm", at="2027-01-08T08:00:00Z")
    (row,) = signals.table([one], NOW, settings(density=1, recency=3))
    assert row.weight == pytest.approx(0.5)
    assert row.rank == pytest.approx((signals.density(one) + 3 * 1.0) / 4 * row.weight)


def test_a_signal_with_the_weight_0_is_switched_off_but_can_be_looked_at() -> None:
    said = [pair("no, the other one", name="a"), pair("use `pnpm`, not npm", name="b")]
    (row, _) = signals.table(said, NOW, settings(density=1))
    assert list(row.signals) == ["density"]
    assert row.pair.id == "b"
    (row, _) = signals.table(said, NOW, settings(density=1), every=True)
    assert list(row.signals) == list(signals.SIGNALS)
    assert row.tier in signals.TIERS
    assert row.pair.id == "b"


def test_every_signal_of_any_pair_lies_between_0_and_1() -> None:
    said = [
        pair(text, name=text[:9], session=text) for text in ("", "?", "no", "`" * 99, "a_b/c.d --e 1.2 " * 99)
    ]
    for row in signals.table(said, NOW, settings(), every=True):
        assert all(0.0 <= value <= 1.0 for value in row.signals.values()), row.signals
        assert 0.0 <= row.rank <= 1.0


def test_every_signal_has_a_weight_in_the_settings() -> None:
    weights = [name.partition(".")[2] for name in KEYS if name.startswith("signals.")]
    assert weights == list(signals.SIGNALS)

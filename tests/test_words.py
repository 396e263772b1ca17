"""When two facts say the same: in doubt they do not."""

import pytest

from commonplace.memory.words import normal, significant

SAME = [
    ("Deploys go through make ship", "deploys go through make ship."),
    ("Deploys go through make ship", "  Deploys   go\nthrough make ship!"),
    ("The deploys go through make ship", "Deploys go through make ship"),
    ("Ship (always) on a Friday", "ship always on Friday"),
    ("Tag, then push", "Tag then push"),
    ("Don't push to main", "do not push to main"),
    ("You can't push", "You cannot push"),
    ("Don’t push", "don't push"),  # noqa: RUF001
    ("ﬁles are synced", "files are synced"),
    ("NEVER push to main", "Never push to main"),
    ("NEVER PUSH TO MAIN", "never push to main"),
    ("Wait 5 minutes", "wait 5 Minutes"),
]

DIFFERENT = [
    ("The port is 8080", "The port is 8081"),
    ("The version is 1.10", "The version is 1.1"),
    ("Wait 5s", "Wait 5ms"),
    ("Pay 1,000 euro", "Pay 1.000 euro"),
    ("It is -1", "It is 1"),
    ("Always squash", "Never squash"),
    ("Do push", "Do not push"),
    ("Don't push", "Do push"),
    ("No, deploy on Friday", "No deploy on Friday"),
    ("No. Deploy on Friday", "No deploy on Friday"),
    ("Tests live in tests/unit", "Tests live in tests/Unit"),
    ("Open src/app.py", "Open src/app.pyi"),
    ("Set MAX_SIZE", "Set max_size"),
    ("Call getUser", "Call getuser"),
    ("Use --force", "Use -force"),
    ("Pass -f here", "Pass f here"),
    ("Say `Hello`", "Say `hello`"),
    ('Say "Hello world"', 'Say "hello world"'),
    ("Answer «Ja»", "Answer «ja»"),
    ("Type 'Yes' there", "Type 'yes' there"),
    ("Take `the a` branch", "Take `a` branch"),
    ("a < b", "a > b"),
    ("Option A is taken", "Option is taken"),
    ("Use tabs", "Use spaces"),
    ("It has 10⁵ rows", "It has 105 rows"),
    ("Scale by x²", "Scale by x2"),
    ("Take 5 GB", "Take 5 Gb"),
    ("Wait 10 M", "Wait 10 m"),
    ("Set PATH first", "Set path first"),
    ("Reset HEAD", "Reset head"),
    ("Fill in {name}", "Fill in name"),
    ("Write [x] there", "Write x there"),
    ("Ship on Monday then Friday", "Ship on Friday then Monday"),
    ("Deploys go through make ship", "Deploys go through make ship twice"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_texts_that_say_the_same_have_one_form(one: str, other: str) -> None:
    assert normal(one) == normal(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_in_doubt_two_texts_are_kept_apart(one: str, other: str) -> None:
    assert normal(one) != normal(other)


def test_the_normal_form_of_a_normal_form_is_itself() -> None:
    for text in (text for pair in SAME for text in pair):
        assert normal(normal(text)) == normal(text)


def test_significant_words_leave_out_small_words_numbers_and_endings() -> None:
    assert significant("The tests are always deployed with 42 migrations") == {"test", "deploy", "migration"}
    assert significant("Open src/cad-render.py") >= {"src", "cad", "render", "py"}
    assert significant("Ünïcode wörter") == {"ünïcode", "wörter"}
    assert significant("") == set()

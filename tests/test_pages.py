"""Pages of memory: the lines that people wrote stay, the facts are found and kept whole."""

import pytest

from commonplace.memory.pages import Page, bullet, fact_at, is_empty
from commonplace.memory.topics import Line, Topic, description, index_page, new_page, topic_of

PAGE = """---
topic: "deploy"
scope: "user"
description: "Shipping"
---
# Deploy

A person's own words, kept.

## Facts
- Ship with make. ^aaaaaaaaaa
- Two lines
  of one fact ^bbbbbbbbbb

## Notes of mine
* not a fact ^cccccccccc
- a bullet without an id
```
- code, not a fact ^dddddddddd
## not a heading
```
"""


def test_a_page_that_is_not_changed_is_written_as_it_was() -> None:
    for text in (PAGE, PAGE.rstrip("\n"), "", "\n\n", PAGE.replace("\n", "\r\n")):
        assert Page(text).text() == text


def test_facts_are_bullets_with_an_id_outside_of_code() -> None:
    facts = Page(PAGE).facts
    assert list(facts) == ["aaaaaaaaaa", "bbbbbbbbbb"]
    assert facts["bbbbbbbbbb"].text == "Two lines\nof one fact"
    assert facts["aaaaaaaaaa"].section == "Facts"


def test_a_new_fact_goes_to_the_end_of_its_section_and_changes_no_other_line() -> None:
    page = Page(PAGE)
    page.add("Facts", "New", "eeeeeeeeee")
    assert page.text() == PAGE.replace("^bbbbbbbbbb\n", "^bbbbbbbbbb\n- New ^eeeeeeeeee\n")


def test_a_new_section_is_put_at_the_end() -> None:
    page = Page("# T\n\n## Facts\n- a ^aaaaaaaaaa\n")
    page.add("Corrections", "b", "bbbbbbbbbb")
    assert page.text() == "# T\n\n## Facts\n- a ^aaaaaaaaaa\n\n## Corrections\n- b ^bbbbbbbbbb\n"


def test_a_replaced_fact_stands_where_the_old_one_stood() -> None:
    page = Page(PAGE)
    page.replace("aaaaaaaaaa", "Ship with just.", "eeeeeeeeee")
    assert page.text() == PAGE.replace("- Ship with make. ^aaaaaaaaaa", "- Ship with just. ^eeeeeeeeee")
    assert "eeeeeeeeee" in page
    assert "aaaaaaaaaa" not in page


def test_a_removed_fact_takes_all_its_lines_and_a_section_of_ours_left_empty() -> None:
    page = Page(PAGE)
    page.remove("bbbbbbbbbb")
    assert page.text() == PAGE.replace("- Two lines\n  of one fact ^bbbbbbbbbb\n", "")
    page.remove("aaaaaaaaaa")
    assert "## Facts" not in page.text()
    assert "## Notes of mine\n* not a fact ^cccccccccc\n- a bullet without an id\n" in page.text()


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "two\nlines",
        "ends in ^2m7r4xbeyz",
        "^2m7r4xbeyz begins",
        r"already \^2m7r4xbeyz escaped",
        r"a regex \^foo and \\^2m7r4xbeyz",
        "first ^2m7r4xbeyz\nsecond ^2m7r4xbeyz",
        "# heading\n## Facts\n- bullet ^2m7r4xbeyz",
        "---\ntopic: x\n---",
        "```\ncode\n```",
        "back\\",
        "2^10 = 1024",
    ],
)
def test_a_fact_says_on_the_page_what_was_flagged_and_forges_no_other(text: str) -> None:
    page = Page("# T\n")
    page.add("Facts", text, "aaaaaaaaaa")
    page.add("Facts", "the next", "bbbbbbbbbb")
    facts = Page(page.text()).facts
    assert list(facts) == ["aaaaaaaaaa", "bbbbbbbbbb"]
    assert facts["aaaaaaaaaa"].text == text
    assert facts["aaaaaaaaaa"].section == "Facts"


def test_a_bullet_has_no_empty_line_and_no_hidden_character() -> None:
    assert bullet("a\n\n  b\x1b[2J", "aaaaaaaaaa") == ["- a", "  b\\x1b[2J ^aaaaaaaaaa"]


def test_a_line_belongs_to_the_fact_that_covers_it() -> None:
    lines = PAGE.split("\n")
    second = lines.index("- Two lines") + 1
    for number in (second, second + 1):
        fact = fact_at(PAGE, number)
        assert fact is not None
        assert fact.id == "bbbbbbbbbb"
    assert fact_at(PAGE, 1) is None
    assert fact_at(PAGE, 10_000) is None


def test_a_page_is_empty_when_only_headings_are_left() -> None:
    assert is_empty(new_page(Topic("user", "deploy"), "Shipping"))
    assert is_empty("# T\n\n## Facts\n")
    assert not is_empty(PAGE)
    assert not is_empty("# T\n\nwords of a person\n")


def test_a_topic_has_one_path_and_a_path_one_topic() -> None:
    for scope in ("user", "project:acme-cad", "project:github.com/acme/cad"):
        topic = Topic(scope, "deploy")
        assert topic_of(topic.path) == topic
    assert (
        Topic("project:github.com/acme/cad", "deploy").path == "memory/project/github.com/acme/cad/deploy.md"
    )
    for path in ("memory/index.md", "memory/user/Deploy.md", "memory/user/x.txt", "skills/user/x.md", "x.md",
                 "memory/team/x.md", "memory/project/x.md"):  # fmt: skip
        assert topic_of(path) is None, path


def test_a_description_is_the_first_sentence_on_one_short_line() -> None:
    page = new_page(Topic("user", "x"), 'Say "hi".\nThen go. Never come back.')
    assert description(page) == 'Say "hi".'
    assert len(description(new_page(Topic("user", "x"), "word " * 100))) <= 100
    assert description("---\ndescription: plain words\n---\n") == "plain words"
    assert description("# no frontmatter\n") == ""


def test_the_index_stays_under_both_limits_and_counts_what_it_leaves_out() -> None:
    many = [Line(Topic("project:acme", f"topic-{n:04}"), "ü" * 90, n) for n in range(1000)]
    for lines, size in ((200, 25_000), (200, 3_000), (20, 25_000)):
        page = index_page(many, lines, size)
        assert page.count("\n") <= lines
        assert len(page.encode()) <= size
        shown = [line for line in page.split("\n") if line.startswith("- ")]
        assert f"{1000 - len(shown)} smaller topics are left out" in page
        assert len(shown) > 10
        assert "topic-0999" in shown[-1]
        assert shown == sorted(shown)
        assert "topic-0000" not in page


def test_a_line_of_the_index_links_a_page_and_cannot_be_forged() -> None:
    page = index_page([Line(Topic("user", "deploy"), "see [x](http://evil) <b>`x`", 3)], 200, 25_000)
    assert page.endswith("\n- [deploy](user/deploy.md) see x(http://evil) bx (3)\n")

"""JSON with comments, edited as text: what others wrote stays as it is."""

import json
import random
import re

import pytest

from commonplace.hosts import jsonc

MARK = "# mine"
OURS = {"matcher": "Bash", "hooks": [{"type": "command", "command": f"x hook y {MARK}"}]}

EVERYWHERE = """\
// the top
{ // opened
  /* a */ "model" /* b */ : /* c */ "opus", // kept
  "url": "http://x/*no*/ // no comment", // a string that looks like one
  // above
  "hooks": { // the hooks
    "Stop": [ /* theirs */ { "command": "say \\"done\\" // it" } /* behind */ ], // stop
    /* alone
       in two lines */
  }, // hooks end
  /* last */
} // the end
/* after */
"""


def plain(text: str) -> object:
    """Read JSON with comments the slow and simple way: a second opinion on our own parser."""
    out, at = [], 0
    for match in re.finditer(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/', text, re.DOTALL):
        out += [text[at : match.start()], match[0] if match[0][0] == '"' else " "]
        at = match.end()
    bare = "".join([*out, text[at:]]).lstrip("\ufeff")
    parts = re.split(r'("(?:[^"\\]|\\.)*")', bare)
    loose = "".join(p if n % 2 else re.sub(r",(?=\s*\Z)", "\1", p) for n, p in enumerate(parts))
    strict = re.sub(r"[,\1](?=\s*[}\]])", "", loose).replace("\1", ",")
    return json.loads(strict)


def comments(text: str) -> list[str]:
    found = re.findall(r'"(?:[^"\\]|\\.)*"|//[^\r\n]*|/\*.*?\*/', text, re.DOTALL)
    return [part.rstrip() for part in found if part[0] != '"']


def test_what_is_added_stands_at_the_end_and_taking_it_away_gives_back_the_text() -> None:
    for text in (
        EVERYWHERE,
        EVERYWHERE.replace("\n", "\r\n"),
        "\ufeff" + EVERYWHERE,
        EVERYWHERE.replace("  ", "\t"),
        '{"a": 1}',
        '{"a": 1,}',
        '{"a": {"b": []}} // one line',
        '{"hooks": {"Stop": [1, 2, 3]}}',
        '{"hooks": {"Stop": [1 /* one */, 2 // two\n]}}',
        '{"hooks": {"Stop": [1, // one\n]}}',
        '{"hooks": {"Stop": [1 // one  \r\n  , // comma\r\n]}}',
        '{\n\t"hooks": {\n\t\t"Stop": [\n\t\t\t{"command": "theirs"}\n\t\t]\n\t}\n}\n',
        '{\n    "hooks": {"PreToolUse": []}\n}',
        "{}",
        "{}\n",
        "{\n  // nothing yet\n}\n",
    ):
        added = jsonc.append(jsonc.append(text, ["hooks", "Stop"], OURS), ["hooks", "Start"], OURS)
        held = plain(added)
        assert isinstance(held, dict), text
        before = plain(text)
        stop = before.get("hooks", {}).get("Stop", []) if isinstance(before, dict) else []
        assert held["hooks"]["Stop"] == [*stop, OURS], text
        assert held["hooks"]["Start"] == [OURS], text
        assert comments(added) == comments(text), text
        assert jsonc.without(added, ["hooks"], MARK) == text, text


def test_an_addition_has_the_indentation_and_the_line_ends_of_the_file() -> None:
    text = '{\r\n\t"hooks": {\r\n\t\t"Stop": [\r\n\t\t\t1\r\n\t\t]\r\n\t}\r\n}\r\n'
    assert jsonc.append(text, ["hooks", "Stop"], {"a": ["é"]}) == (
        '{\r\n\t"hooks": {\r\n\t\t"Stop": [\r\n\t\t\t1,\r\n\t\t\t{\r\n\t\t\t\t"a": [\r\n\t\t\t\t\t"é"\r\n'
        "\t\t\t\t]\r\n\t\t\t}\r\n\t\t]\r\n\t}\r\n}\r\n"
    )
    assert jsonc.append('{\n /* * */\n    "a": 1\n}', ["b"], 2) == (
        '{\n /* * */\n    "a": 1,\n    "b": [\n        2\n    ]\n}'
    )


def test_a_remark_behind_a_member_stays_behind_it() -> None:
    for text in ('{\n  "a": 1 // one\n}\n', '{\n  "a": 1, /* one */ // two\n}\n'):
        line = text.splitlines()[1].replace("1 //", "1, //")
        assert jsonc.append(text, ["b"], 2).splitlines()[1] == line


def test_an_empty_file_or_one_of_comments_alone_becomes_an_object() -> None:
    for text in ("", "\n", " \r\n\t", "\ufeff", "// only this", "// only this\n", "\ufeff/* a */\n"):
        assert jsonc.is_blank(text)
        added = jsonc.append(text, ["hooks", "Stop"], OURS)
        assert plain(added) == {"hooks": {"Stop": [OURS]}}
        assert added.startswith(text)
        assert plain(jsonc.without(added, ["hooks"], MARK)) == {}


def test_a_text_that_is_no_such_settings_is_named_and_its_line() -> None:
    deep = "[" * 100_000
    for text, why in (
        ("{", "line 1"), ('{"a": 1', "line 1"), ('{\n"a" 1}', "line 2"), ('{\n\n"a": nope}', "line 3"),
        ('{"a": 1} {}', "line 1"), ('{"a": "b\n"}', "line 1"), ("{'a': 1}", "line 1"),
        ('{"a": 1,, "b": 2}', "line 1"), ("{/* open", "line 1"), (deep, "deep"),
        ("[]", "the file is not an object"), ('"x"', "the file is not an object"),
        ('{"hooks": []}', "hooks is not an object"), ('{"hooks": null}', "hooks is not an object"),
        ('{"hooks": {"Stop": {}}}', "hooks.Stop is not an array"),
        ('{"hooks": {"Stop": "x"}}', "hooks.Stop is not an array"),
    ):  # fmt: skip
        with pytest.raises(jsonc.NotJson, match=why):
            jsonc.append(text, ["hooks", "Stop"], OURS)


def test_only_what_bears_the_mark_is_taken_away_and_remarks_around_it_stay() -> None:
    ours = json.dumps(OURS)
    for text, left in (
        (f'{{"hooks": {{"Stop": [{ours}, 1]}}}}', '{"hooks": {"Stop": [ 1]}}'),
        (f'{{"hooks": {{"Stop": [1, {ours}]}}}}', '{"hooks": {"Stop": [1]}}'),
        (f'{{"hooks": {{"Stop": [1, {ours},]}}}}', '{"hooks": {"Stop": [1,]}}'),
        (f'{{"hooks": {{"Stop": [{ours}], "End": [2]}}}}', '{"hooks": { "End": [2]}}'),
        (f'{{"hooks": {{"Stop": [{ours}]}}, "a": 1}}', '{ "a": 1}'),
        (f'{{"a": 1, "hooks": {{"Stop": [{ours}, {ours}], "End": [{ours}]}}}}', '{"a": 1}'),
        (f'{{"hooks": {{"Stop": [ // why\n {ours}, 2]}}}}', '{"hooks": {"Stop": [ // why\n 2]}}'),
        (f'{{"hooks": {{"Stop": [ // why\n {ours}]}}}}', '{"hooks": {"Stop": [ // why\n ]}}'),
        (f'{{"hooks": {{"Stop": [{ours} // a\n, /* b */ 2]}}}}', '{"hooks": {"Stop": [ // a\n /* b */ 2]}}'),
        (f'{{"hooks": {{"Stop": [{ours}\n// of 2\n, 2]}}}}', None),
        (f'{{"hooks": {{ /* a */ "Stop": [{ours}] }}}}', '{"hooks": { /* a */ }}'),
        (f'{{"hooks": /* a */ {{"Stop": [{ours}]}}}}', '{"hooks": /* a */ {}}'),
        ('{"hooks": {"Stop": [1]}}', '{"hooks": {"Stop": [1]}}'),
        (f'{{"other": [{ours}]}}', f'{{"other": [{ours}]}}'),
        (f'{{"hooks": [{ours}]}}', f'{{"hooks": [{ours}]}}'),
        ("[1]", "[1]"),
    ):  # fmt: skip
        found = jsonc.without(text, ["hooks"], MARK)
        assert left is None or found == left
        plain(found)


def test_a_group_that_a_person_shares_with_us_loses_our_hook_alone() -> None:
    theirs, ours = {"command": "theirs"}, {"command": MARK}
    text = json.dumps({"hooks": {"Stop": [{"matcher": "x", "hooks": [ours, theirs, ours]}]}})
    assert plain(jsonc.without(text, ["hooks"], MARK)) == {
        "hooks": {"Stop": [{"matcher": "x", "hooks": [theirs]}]}
    }


def test_of_a_key_that_stands_twice_the_last_counts_as_for_the_hosts() -> None:
    text = '{"hooks": {"A": [1]}, "hooks": {"B": [2]}}'
    added = jsonc.append(text, ["hooks", "B"], OURS)
    assert plain(added) == {"hooks": {"B": [2, OURS]}}
    assert jsonc.without(added, ["hooks"], MARK) == text


def document(dice: random.Random, depth: int = 0) -> str:
    """Return a random value as a person might write it, comments and blanks in odd places."""
    kind = "object" if depth == 0 else dice.choice(("object", "array", "plain", "plain", "string"))
    if kind == "plain":
        return dice.choice(("0", "-1.5e3", "true", "null"))
    if kind == "string" or depth > 3:
        return json.dumps("".join(dice.choices('ab"\\/*{},:[]# é\n', k=dice.randrange(8))))
    parts = []
    for number in range(dice.randrange(4)):
        key = ""
        if kind == "object":
            names = ("hooks", "a", "é", "//") if depth == 0 else ("Stop", "End", "/*", "b")
            key = f"{json.dumps(names[number])}{blank(dice)}:{blank(dice)}"
        value = "[]" if key.startswith('"Stop') else document(dice, depth + 1)
        value = "{ }" if key.startswith('"hooks') and value[:1] != "{" else value
        parts.append(f"{blank(dice)}{key}{value}{blank(dice)}")
    inside = ",".join(parts) + ("," + blank(dice) if parts and dice.random() < 0.3 else "")
    opened, closed = ("{", "}") if kind == "object" else ("[", "]")
    return f"{opened}{inside or blank(dice)}{closed}"


def blank(dice: random.Random) -> str:
    choices = ("", "", " ", "\n  ", "\r\n\t", "// c\n", " // d }\r\n", "/* e */", "/* ]\n, */")
    return "".join(dice.choices(choices, k=dice.randrange(3)))


def without_empty(value: object) -> object:
    """Return the value without what goes with our last entry: an empty `Stop`, then empty `hooks`."""
    held = json.loads(json.dumps(value))
    hooks = held.get("hooks")
    if hooks is not None and not hooks.get("Stop", True):
        del hooks["Stop"]
    if not held.get("hooks", True):
        del held["hooks"]
    return held


def test_random_documents_keep_every_value_and_every_comment() -> None:
    dice = random.Random(20)
    for _ in range(1500):
        text = dice.choice(("", "\ufeff")) + blank(dice) + document(dice) + blank(dice)
        before = plain(text)
        added = jsonc.append(text, ["hooks", "Stop"], OURS)
        held = plain(added)
        assert isinstance(held, dict), text
        assert held["hooks"]["Stop"][-1] == OURS, text
        assert sorted(comments(added)) == sorted(comments(text)), text
        left = jsonc.without(added, ["hooks"], MARK)
        assert without_empty(plain(left)) == without_empty(before), text
        assert sorted(comments(left)) == sorted(comments(text)), text
        added = jsonc.append(added, ["hooks", "End" if "End" not in added else "New"], OURS)
        assert without_empty(plain(jsonc.without(added, ["hooks"], MARK))) == without_empty(before), text

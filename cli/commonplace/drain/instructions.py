"""Instructions: sentences that would steer whoever reads the memory later.

What a tool printed or a web page said is evidence, not orders. A model that reads such an entry may carry
its orders over into memory, where every later session reads them. So text from there may describe; it may
not command. This is a net for what is usual, not a proof: the other guard is that such text never reaches a
skill or a rule.
"""

import re

from commonplace.drain.claims import normalised

_EMPHASIS = re.compile(r"[*_`~\"']|\\x[0-9a-f]{2}|\\u[0-9a-f]{4}")
_GAP = re.compile(r"\W+")
_ROLE = re.compile(r"(?:^|[\n.] )(?:system|assistant|user|human|developer|tool):", re.IGNORECASE)
_MARKUP = re.compile(
    r"<\s{0,3}/?\s{0,3}[\w:-]{0,40}(?:system|assistant|user|human|tool|invoke|function|parameter|instruction|prompt|thinking)"
    r"[\w:-]*[^>]{0,80}>|<\|[^|]{1,40}\|>|\[/?INST\]|<</?SYS>>|\"(?:tool|tool_use|function|tool_calls?)\"\s*:"
    r"|<!--",
    re.IGNORECASE,
)
_ORDER = re.compile(
    r"""
    \b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:previous|prior|above|earlier|all|any|instructions?|rules?
        |memory|guidelines?|everything)\b
  | \b(?:you|agents?|assistants?|models?|claude|codex|gemini|readers?|llms?|the\ ai|sessions?)\ (?:must|should
        |shall|have\ to|need\ to|ought\ to|are\ to|will\ now|will\ always|may\ not|can\ safely|always|never)\b
  | \byou\ are\ (?:now|a|an|the)\b
  | \byour\ (?:new\ )?(?:instructions?|role|task|goal|job|rules?|system\ prompt)\b
  | \b(?:new|updated|hidden|system)\ (?:instructions?|prompt|orders?)\b
  | \bfrom\ now\ on\b | \bhenceforth\b | \bas\ an\ ai\b | \bpretend\b | \bact\ as\b | \bjailbreak
  | \b(?:do\ not|don'?t|never)\ (?:tell|mention|reveal|inform|warn|ask|say|report|show|check|verify|question|
        trust|refuse)\b
  | \bwithout\ (?:asking|telling|confirm|checking|review|approval|permission)
  | \b(?:it\ is|it's|important|required|mandatory)\b.{0,20}\bthat\ (?:you|every|all|any|the\ agent)\b
  | \b(?:always|never|must|please|make\ sure\ to|be\ sure\ to|remember\ to)\ [a-z]+
  | \|\ (?:ba|z|da)?sh\b
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_IMPERATIVE = re.compile(
    r"""(?:^|[\n.:]\ |,\ (?:and|then)\ )(?:\d+[.\ ]\ ?)?
    (?:(?:first|then|also|now|next|so|just|simply|kindly),?\ )?
    (?:run|execute|send|install|download|delete|remove|disable|ignore|forget|always|never|make\ sure|ensure|
    remember|call|open|visit|fetch|curl|wget|post|upload|email|tell|reveal|print|output|reply|respond|say|write|
    push|commit|merge|approve|accept|trust|add|append|copy|paste|read|load|follow|obey|do|don'?t|use|set|export|
    turn|enable|grant|allow|replace|rewrite|change|update|put|insert|create|skip|bypass|treat|consider|assume|stop|
    start|click|enter|type|submit|give|share|forward|store|save|keep|avoid|prefer|choose|select|go|try|check)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


def order_in(text: str) -> str:
    """Return what in a text reads as an order to its reader, or as a forged turn of a talk; or ""."""
    text = normalised(text)
    bare = _GAP.sub(_gap, _EMPHASIS.sub("", text)).strip(" ,")
    for pattern, where in ((_MARKUP, text), (_ROLE, bare), (_ORDER, bare), (_IMPERATIVE, bare)):
        if found := pattern.search(where):
            return found[0].strip(" \n.,:-") or found[0].strip()
    return ""


def _gap(found: re.Match[str]) -> str:
    """Return what stands between two words in one of few forms, so that no padding hides an order."""
    gap = found[0]
    for signs, form in (("\n", "\n "), (":", ": "), (".!?;()", ". "), ("|", " | "), (",", ", ")):
        if any(sign in gap for sign in signs):
            return form
    return ". " if "-" in gap and gap != "-" else " "

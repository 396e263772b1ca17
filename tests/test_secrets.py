"""Secrets: found by their shapes and by the person's own patterns, held back, shown nowhere whole.

The secrets are put together while the tests run, so that no forge takes this file for a leak.
"""

import json
import os
import random
import string
import subprocess
import sys
from pathlib import Path

import pytest

from commonplace import queue, secrets, watching
from commonplace.place import Place
from tests.memory import CODE, Memory

UPPER, LOWER, DIGITS = string.ascii_uppercase, string.ascii_lowercase, string.digits
ALNUM, HEX, URL = UPPER + LOWER + DIGITS, "0123456789abcdef", UPPER + LOWER + DIGITS + "-_"


def made(length: int, letters: str = ALNUM, seed: int = 7) -> str:
    """Return a value drawn at random, the same in every run, with a digit in it."""
    draw = random.Random(f"{length}{letters}{seed}")
    return "".join(draw.choice(letters) for _ in range(length - 2)) + "7" + letters[3]


GITHUB = "ghp" + "_" + made(36)
PEM = "\n".join(made(64, ALNUM + "+/", seed) for seed in range(6))

SHAPES = {
    "aws": "AK" + "IA" + made(16, UPPER + "234567"),
    "aws session": "AS" + "IA" + made(16, UPPER + "234567"),
    "bedrock": "AB" + "SK" + made(120),
    "google": "AI" + "za" + made(35, URL),
    "google oauth": "ya" + "29." + made(60, URL),
    "google client": "GOC" + "SPX-" + made(28, URL),
    "azure": made(3) + "8" + "Q~" + made(34),
    "azure storage": "Account" + "Key=" + made(86) + "==",
    "digitalocean": "dop" + "_v1_" + made(64, HEX),
    "alibaba": "LT" + "AI" + made(20),
    "vault": "hv" + "s." + made(90, URL),
    "terraform": made(14) + ".atlas" + "v1." + made(60, URL),
    "databricks": "da" + "pi" + made(32, HEX),
    "planetscale": "pscale" + "_tkn_" + made(43, URL),
    "tailscale": "ts" + "key-auth-" + made(17) + "-" + made(32),
    "doppler": "dp" + ".pt." + made(43),
    "github": GITHUB,
    "github oauth": "gh" + "o_" + made(36),
    "github server": "gh" + "s_" + made(36),
    "github user": "gh" + "u_" + made(36),
    "github refresh": "gh" + "r_" + made(36),
    "github fine-grained": "github" + "_pat_" + made(22) + "_" + made(59),
    "gitlab": "gl" + "pat-" + made(20, URL),
    "gitlab runner": "gl" + "rt-" + made(20, URL),
    "bitbucket": "AT" + "BB" + made(32),
    "atlassian": "AT" + "ATT3" + made(186, URL),
    "npm": "np" + "m_" + made(36),
    "pypi": "py" + "pi-AgEIcHlwaS5vcmc" + made(120, URL),
    "rubygems": "ruby" + "gems_" + made(48, HEX),
    "docker": "dckr" + "_pat_" + made(27, URL),
    "crates": "ci" + "o" + made(32),
    "nuget": "oy" + "2" + made(43, LOWER + DIGITS),
    "anthropic": "sk" + "-ant-api03-" + made(93, URL) + "AA",
    "anthropic oauth": "sk" + "-ant-oat01-" + made(80, URL),
    "openai project": "sk" + "-proj-" + made(74, URL) + "T3BlbkFJ" + made(74, URL),
    "openai": "sk" + "-" + made(20) + "T3BlbkFJ" + made(20),
    "openrouter": "sk" + "-or-v1-" + made(64, HEX),
    "deepseek": "sk" + "-" + made(32, HEX),
    "hugging face": "hf" + "_" + made(34, UPPER + LOWER),
    "groq": "gsk" + "_" + made(52),
    "xai": "xa" + "i-" + made(80),
    "replicate": "r8" + "_" + made(37),
    "perplexity": "pp" + "lx-" + made(48),
    "nvidia": "nv" + "api-" + made(64, URL),
    "langsmith": "lsv2" + "_pt_" + made(32, HEX) + "_" + made(10, HEX),
    "slack": "xo" + "xb-" + made(12, DIGITS) + "-" + made(13, DIGITS) + "-" + made(24),
    "slack app": "xa" + "pp-1-" + made(11) + "-" + made(13, DIGITS) + "-" + made(64, HEX),
    "slack hook": "https://hooks.slack" + ".com/services/T" + made(9) + "/B" + made(9) + "/" + made(24),
    "discord hook": "https://discord" + ".com/api/webhooks/" + made(18, DIGITS) + "/" + made(68, URL),
    "telegram": made(10, DIGITS) + ":A" + "A" + made(33, URL),
    "stripe": "sk" + "_live_" + made(24),
    "stripe restricted": "rk" + "_live_" + made(99),
    "stripe test": "sk" + "_test_" + made(24),
    "stripe hook": "wh" + "sec_" + made(32),
    "twilio": "S" + "K" + made(32, HEX),
    "sendgrid": "S" + "G." + made(22, URL) + "." + made(43, URL),
    "mailgun": "ke" + "y-" + made(32, HEX),
    "mailchimp": made(32, HEX) + "-u" + "s14",
    "shopify": "shp" + "at_" + made(32, HEX),
    "square": "sq0" + "atp-" + made(22, URL),
    "grafana": "gl" + "sa_" + made(32) + "_" + made(8, HEX),
    "sentry": "sntr" + "ys_" + made(80),
    "new relic": "NR" + "AK-" + made(27, UPPER + DIGITS),
    "linear": "lin" + "_api_" + made(40),
    "notion": "nt" + "n_" + made(46),
    "postman": "PM" + "AK-" + made(24, HEX) + "-" + made(34, HEX),
    "age": "AGE-SECRET" + "-KEY-1" + made(58, UPPER + DIGITS),
    "jwt": "ey" + "J" + made(30, URL) + ".ey" + "J" + made(60, URL) + "." + made(43, URL),
    "rsa": "-----BEGIN RSA PRIVATE" + f" KEY-----\n{PEM}\n-----END RSA PRIVATE KEY-----",
    "openssh": "-----BEGIN OPENSSH PRIVATE" + f" KEY-----\n{PEM}\n-----END OPENSSH PRIVATE KEY-----",
    "pkcs8 in json": '"-----BEGIN PRIVATE' + " KEY-----\\n" + PEM.replace("\n", "\\n") + '\\n-----END"',
    "pgp": "-----BEGIN PGP PRIVATE" + f" KEY BLOCK-----\nVersion: GnuPG v2\n\n{PEM}\n-----END",
    "postgres": "postgres" + "://ada:" + made(12) + "@db.internal:5432/app",
    "mongodb": "mongodb+srv" + "://ada:p%40ss" + made(6) + "@cluster0.ab1cd.mongodb.net/x",
    "redis": "redis" + "://:" + made(16) + "@cache:6379/0",
    "token in address": "https" + "://ada:" + made(20) + "@git.example.org/x.git",
    "bearer": "Authorization: " + "Bearer " + made(40),
    "basic": 'curl -H "authorization: ' + "Basic " + made(28) + '"',
    "aws secret": "aws_secret_access_key" + " = " + made(40, ALNUM + "+/"),
    "password": "password" + " = " + "hunter2!x",
    "yaml password": "db_password" + ': "' + "Tr0ub4dor&3" + '"',
    "json secret": '{"client_secret"' + ': "' + made(32) + '"}',
    "dotenv": "export API_KEY" + "=" + made(32, HEX),
    "prose": "The admin password " + "is " + "Sommer2026!",
}

HARMLESS = {
    "ulid": "01M7WM9C8R9V3T5N2M7R4XBEYZ",
    "uuid": "550e8400-e29b-41d4-a716-446655440000",
    "uuid as a token": "request token: 550e8400-e29b-41d4-a716-446655440000",
    "sha1": "Fixed in da39a3ee5e6b4b0d3255bfef95601890afd80709.",
    "sha1 as a token": "token = da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "sha256": "sha256:" + made(64, HEX),
    "digest": "image: registry/app@sha256:" + made(64, HEX),
    "lockfile": '"integrity": "sha512-' + made(86, ALNUM + "+/") + '=="',
    "go sum": "golang.org/x/net v0.1.0 h1:" + made(43, ALNUM + "+/") + "=",
    "image": "![x](data:image/png;base64," + made(3000, ALNUM + "+/", 3) + "AKIA" + made(16, UPPER) + ")",
    "bare base64": made(4000, ALNUM + "+/", 5),
    "public key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + made(43, ALNUM + "+/") + " ada@example.com",
    "public pem": f"-----BEGIN PUBLIC KEY-----\n{PEM}\n-----END PUBLIC KEY-----",
    "certificate": f"-----BEGIN CERTIFICATE-----\n{PEM}\n-----END CERTIFICATE-----",
    "a header alone": "Look for -----BEGIN PRIVATE KEY----- in the file; never commit one.",
    "fingerprint": "key fingerprint: SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8",
    "old fingerprint": "ssh key: 16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48",
    "dots": "sk-ant-... and sk-proj-…",
    "x": "ghp_" + "x" * 36,
    "angle brackets": "Authorization: Bearer <your-token-goes-right-here-1>",
    "variable": "curl -H 'Authorization: Bearer $GITHUB_TOKEN_FOR_CI2'",
    "braces": "token: ${{ secrets.DEPLOY_TOKEN2 }}",
    "template": "password: {{ vault_db_password2 }}",
    "example": "AKIA" + "IOSFODNN7EXAMPLE",
    "placeholder": "API_KEY=YOUR_API_KEY_123456",
    "stars": "password = ********1a",
    "default": "postgres://postgres:postgres@localhost:5432/app",
    "word": "https://user:password@example.com/",
    "environment": 'password = os.environ["DB_PASSWORD2"]',
    "call": "token = create_token(user1, scope2)",
    "prose": "Password rules: at least 12 characters, rotated every 90days.",
    "algorithm": "password_hash = argon2id, token: base64url",
    "tokens": "max_tokens: 150000; the token budget is 4096tokens",
    "path": "secret: /run/secrets/db_password2",
    "resource": "secret=projects/acme-12345/secrets/db-pass/versions/3",
    "runbook": "See docs/api-key-rotation-2024-06-runbook-v2.md",
    "identifier": "AbstractSingletonProxyFactoryBeanConfigurationProperties2Test",
    "css": ".a1b2{color:#3fa9f5;margin:0}.tk-1:hover{background:#0a1b2c}@media(max-width:960px){.c3{x:y}}",
    "key of a map": "primary key: user_id_2024_v2; foreign key: order2_id",
    "shortcut": "Key: Ctrl+Shift+F12",
    "publishable": "pk" + "_live_" + made(24),
    "date": "token expires: 2026-11-20T14:03:11Z",
    "mail": "https://example.com/a?b=c and mail ada@example.com",
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_secret_is_found_and_no_long_piece_of_it_is_shown(name: str) -> None:
    text = f"Deploy with {SHAPES[name]} as always."
    values = secrets.values(text)
    assert values, name
    masked = secrets.masked(text)
    assert masked.startswith("Deploy with ")
    assert "characters)" in masked
    for value in values:
        assert value not in masked
        assert value[len(value) // 2 :] not in masked
    assert not secrets.find(masked), "a masked text is clean"
    assert secrets.named(text)


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_no_secret_does_not_trip(name: str) -> None:
    assert secrets.named(HARMLESS[name]) == ""


def test_nothing_in_this_projects_own_texts_looks_like_a_secret() -> None:
    top = CODE.parent
    texts = [
        *CODE.rglob("*.py"),
        *top.glob("*.md"),
        *(top / "templates").rglob("*.md"),
        *(top / "memory-repo-skeleton").rglob("*"),
    ]
    assert len(texts) > 80
    found = {path.name: secrets.named(path.read_text()) for path in texts if path.is_file()}
    assert {name: what for name, what in found.items() if what} == {}


def test_the_mask_keeps_the_vendors_prefix_and_the_length() -> None:
    assert secrets.masked(f"use {GITHUB}.") == "use ghp_…(36 characters)."
    assert secrets.masked('password = "hunter2!x"') == 'password = "…(9 characters)"'


def test_a_text_without_a_mark_needs_no_regular_expressions(memory: Memory) -> None:
    said = "Tag the release before pushing; see docs/deploy.md."
    script = (
        "import sys; before = set(sys.modules)\n"
        "from commonplace import hot; hot.run('flag', {'': sys.argv[1]})\n"
        "print(sorted((set(sys.modules) - before) & {'re', 'tomllib', 'hashlib', 'signal'}))"
    )

    def imported(text: str) -> str:
        done = subprocess.run(
            [sys.executable, "-S", "-c", script, text], cwd=memory.root, env=dict(os.environ),
            capture_output=True, check=True,
        )  # fmt: skip
        return done.stdout.decode().splitlines()[-1]

    assert imported(said) == "[]"
    assert imported(f"with {GITHUB}") == "['re']"


def _place(memory: Memory) -> Place:
    return Place(str(memory.root), str(memory.root / ".git"))


def test_a_flag_with_a_secret_is_kept_but_held_back_and_never_told_whole(memory: Memory) -> None:
    done = memory.run("flag", "--topic", "deploy", f"Push with {GITHUB} from CI")
    entry = done.stdout.strip()
    name = f"{entry}.flag.md"
    assert "held back, for it holds what looks like a GitHub token (ghp_…(36 characters))" in done.stderr
    said = memory.run("flag", "--json", f"Push with {GITHUB}")
    assert json.loads(said.stdout)["held"] == "a GitHub token (ghp_…(36 characters))"
    evil = memory.self_eval(f"typed {GITHUB}", 'quote it: password="hunter2!x"', "--target", "skills/ci")

    for folder in (memory.root / "queue", memory.root / ".git" / "commonplace" / "inbox"):
        assert GITHUB in (folder / name).read_text(), "nothing flagged is lost"
        assert (folder / name).stat().st_mode & 0o777 == 0o600
    memory.git("add", "-A")
    assert memory.git("diff", "--cached", "--name-only") == ""

    memory.flag("Tag before pushing", "--topic", "deploy")
    assert "3 held back" in memory.out("drain")
    views = (
        ("queue", "list"), ("queue", "list", "--json"), ("queue", "show", entry), ("queue", "show", evil),
        ("boot",), ("status",), ("drain",), ("drain", "--json"), ("log", "--json"), ("doctor",),
    )  # fmt: skip
    shown = [memory.out(*view, code=None) for view in views]
    assert not [text for text in shown if GITHUB[-20:] in text or "hunter2" in text]
    assert "ghp_…(36 characters)" in shown[0]
    assert "3 entries held back for what looks like a secret" in shown[4]
    assert GITHUB.encode() not in b"".join(memory.git("log", "-p", "--all").encode().splitlines())
    assert memory.page("deploy").count("^") == 1


def test_only_a_person_lets_a_secret_through_by_its_id_and_is_told_that_it_is_committed(
    memory: Memory,
) -> None:
    entry = memory.flag(f"Push with {GITHUB}", "--topic", "deploy")
    refused = memory.run("queue", "release", entry, code=1)
    assert "a person at a terminal lets it through" in refused.stderr
    assert GITHUB not in refused.stderr
    assert "lets it through" in memory.as_person("queue", "release", "--all")
    assert (
        "a drop would put it into history"
        in memory.run("queue", "drop", entry, "--because", "x", code=1).stderr
    )
    memory.run("drain")
    assert GITHUB not in memory.git("log", "-p", "--all")

    shown = memory.as_person("queue", "release", entry)
    assert f"released {entry}" in shown
    assert "it will be committed with a GitHub token (ghp_…(36 characters))" in shown
    assert "queue" not in (memory.root / ".git" / "info" / "exclude").read_text()
    memory.run("drain")
    assert GITHUB in memory.page("deploy"), "the person's word counts"
    fact = memory.page("deploy").rpartition("^")[2].strip()
    for view in (memory.out("why", f"^{fact}"), memory.out("why", f"^{fact}", "--json")):
        assert "(36 characters)" in view
        assert GITHUB not in view


def test_neither_a_review_nor_a_watch_shows_a_secret_that_was_let_through(memory: Memory) -> None:
    before = watching.look(_place(memory))
    lesson = memory.self_eval(f"typed {GITHUB}", f"quote {GITHUB}", "--target", "skills/ci")
    memory.as_person("queue", "release", lesson)
    memory.run("drain")
    shown = memory.out("review") + memory.out("review", "--json")
    news = list(watching.news(_place(memory), before, watching.look(_place(memory))))
    shown += "".join(line for item in news for line in (item.title, *item.diff))
    assert {item.kind for item in news} >= {"self-eval", "drain", "proposal"}
    assert shown.count("ghp_") == shown.count("36 characters") > 5
    assert GITHUB[-20:] not in shown


def test_a_release_holds_for_the_entry_as_it_was(memory: Memory) -> None:
    entry = memory.flag(f"Push with {GITHUB}", "--topic", "deploy")
    memory.as_person("queue", "release", entry)
    path = memory.root / "queue" / f"{entry}.flag.md"
    path.write_text(path.read_text().replace("Push", "Pull"))
    memory.run("drain")
    assert "held: a secret" in memory.out("queue", "list")
    assert GITHUB not in memory.git("log", "-p", "--all")


def test_the_drain_holds_back_what_was_written_by_hand(memory: Memory) -> None:
    plain = memory.flag("Tag before pushing", "--topic", "deploy")
    stem = plain[:-1] + ("Y" if plain[-1] != "Y" else "X")
    memory.write(f"queue/{stem}.flag.md", f"---\ntopic: deploy\n---\nPush with {GITHUB}\n")
    quoted = plain[:-1] + ("W" if plain[-1] != "W" else "V")
    snag = '"typed \\"password\\": \\"hunter2!x\\""'
    memory.write(f"queue/{quoted}.self-eval.md", f'---\nsnag: {snag}\nbetter: "ask the vault"\n---\n')
    before = memory.everything()
    assert "held back: a GitHub token" in memory.run("drain", "--dry-run").stderr
    assert memory.everything() == before

    said = memory.out("drain")
    assert f"queue/{stem}.flag.md".removeprefix("queue/") in said
    assert memory.queue() == sorted([f"{stem}.flag.md", f"{quoted}.self-eval.md"])
    assert GITHUB not in memory.git("log", "-p", "--all")
    assert "hunter2" not in memory.git("log", "-p", "--all")
    assert (memory.root / "queue" / f"{stem}.flag.md").stat().st_mode & 0o777 == 0o600
    memory.git("add", "-A")
    assert memory.git("diff", "--cached", "--name-only") == ""
    assert "2 entries held back for what looks like a secret" in memory.out("boot")


def test_a_queue_file_that_git_holds_already_is_named_as_that(memory: Memory) -> None:
    entry = memory.flag("Tag before pushing", "--topic", "deploy")
    path = memory.root / "queue" / f"{entry}.flag.md"
    path.write_text(path.read_text().replace("Tag", f"Use {GITHUB}"))
    memory.git("add", "-A")
    memory.git("commit", "-m", "mine")
    memory.run("drain")
    assert "git holds it already" in memory.out("queue", "list")


def test_a_page_with_a_secret_stays_as_it_is_uncommitted_and_is_named_until_it_is_gone(
    memory: Memory,
) -> None:
    memory.flag("Tag before pushing", "--topic", "deploy")
    memory.run("drain")
    page = memory.page("deploy") + f"- mine: {GITHUB}\n"
    memory.write("memory/user/deploy.md", page)
    memory.write("rules/style.md", "# Style\n\nShort sentences.\n")
    waits = memory.flag("Ship on Mondays", "--topic", "deploy")
    memory.flag("Tea at four", "--topic", "breaks")

    said = memory.out("drain")
    assert "memory/user/deploy.md: not committed, for it holds a GitHub token (ghp_…(36 characters))" in said
    assert GITHUB not in said
    assert memory.page("deploy") == page, "the person's work is not touched"
    assert GITHUB not in memory.git("log", "-p", "--all")
    assert memory.queue() == [f"{waits}.flag.md"], "what belongs on the page waits"
    assert "Tea at four" in memory.page("breaks")
    assert "Short sentences" in memory.git("show", "HEAD:rules/style.md"), "other edits are committed"
    assert "1 page not committed" in memory.out("boot")
    assert GITHUB not in memory.out("boot")
    undone = memory.out("log").splitlines()[-3].split()[-1]
    assert "has an edit that is not committed" in memory.run("undo", undone, code=1).stderr

    memory.write("memory/user/deploy.md", page.replace(GITHUB, "in the vault"))
    assert "not committed" not in memory.out("boot")
    memory.run("drain")
    assert "in the vault" in memory.git("show", "HEAD:memory/user/deploy.md")
    assert "Ship on Mondays" in memory.page("deploy")
    assert memory.queue() == []


def test_what_the_person_has_committed_is_theirs_and_not_named_again(memory: Memory) -> None:
    memory.write("rules/keys.md", f"# Keys\n\nNot a key: {GITHUB}\n")
    memory.git("add", "-A")
    memory.git("commit", "-m", "mine")
    memory.write("rules/keys.md", f"# Keys\n\nStill no key: {GITHUB}\n")
    memory.flag("Tag before pushing", "--topic", "deploy")
    assert "not committed" not in memory.out("drain")
    assert "Still no key" in memory.git("show", "HEAD:rules/keys.md")
    assert GITHUB not in memory.out("review")


def test_accept_leaves_a_rule_alone_into_which_a_secret_was_written(memory: Memory) -> None:
    memory.write("rules/cad.md", "# Cad\n\nOne.\n\nTwo.\n")
    memory.self_eval("hung", "clip first", "--target", "rules/cad")
    memory.run("drain")
    memory.write("rules/cad.md", f"# Cad\n\n{GITHUB}\n\nTwo.\n")
    shown = memory.as_person("accept", "--all", code=1)
    assert "rules/cad.md has an edit that is not committed" in shown
    assert GITHUB not in memory.git("log", "-p", "--all")


def test_a_reason_with_a_secret_is_refused(memory: Memory) -> None:
    entry = memory.flag("Tag before pushing")
    refused = memory.run("queue", "drop", entry, "--because", f"see {GITHUB}", code=2)
    assert "the reason holds what looks like a GitHub token" in refused.stderr
    assert memory.queue() == [f"{entry}.flag.md"]


def test_no_worker_is_sent_a_secret(memory: Memory, tmp_path: Path) -> None:
    got = tmp_path / "got"
    memory.config(f'[drain]\nworker = "mine"\n[workers.mine]\ncommand = "tee -a {got} >/dev/null"\n')
    released = memory.flag(f"Push with {GITHUB}", "--topic", "deploy")
    memory.as_person("queue", "release", released)
    memory.flag("Tea at four", "--topic", "breaks")
    assert "would not be sent: it holds what looks like a GitHub token" in memory.out(
        "drain", "--show-packets"
    )
    said = memory.out("drain")
    assert "user/deploy was filed as it was said: not sent" in said
    assert "Tea at four" in got.read_text()
    assert GITHUB not in got.read_text()
    assert GITHUB in memory.page("deploy")


def test_the_persons_own_patterns_are_found_at_the_flag_and_at_the_drain(memory: Memory) -> None:
    early = memory.flag("The codename is Zebra-Nine", "--topic", "launch")
    quoted = memory.self_eval('they call it "Yak"', "say nothing")  # written with its quotes escaped
    memory.config("[secrets]\npatterns = '''\nZebra-\\w+\nit \"Yak\"\nticket (ACME-\\d+)\n'''\n")
    done = memory.run("flag", "Ask for ticket ACME-4711")
    assert "what line 3 of secrets.patterns finds (…(9 characters))" in done.stderr
    memory.run("drain")
    assert set(queue.held(_place(memory))) == {early, quoted, done.stdout.strip()}
    shown = memory.out("queue", "list") + memory.out("queue", "show", early) + memory.out("status")
    assert "Zebra" not in shown
    assert "4711" not in shown
    assert "Zebra" not in memory.git("log", "-p", "--all")


def test_only_the_persons_own_file_names_patterns(memory: Memory) -> None:
    memory.write(
        "commonplace.toml", memory.read("commonplace.toml").replace('patterns = ""', 'patterns = "Tag"')
    )
    assert memory.run("flag", "Tag before pushing").stderr == ""
    assert "secrets.patterns" in memory.out("status")


@pytest.mark.parametrize(
    ("patterns", "word"),
    [("fine\n(broken", "line 2 is no regular expression"), ("x*", "line 1 fits an empty text")],
)
def test_a_broken_pattern_is_said_so_and_stops_the_drain_not_the_flag(
    memory: Memory, patterns: str, word: str
) -> None:
    memory.config(f"[secrets]\npatterns = '''{patterns}'''\n")
    done = memory.run("flag", "Tag before pushing")
    assert word in done.stderr
    assert len(memory.queue()) == 1
    refused = memory.run("drain", code=1)
    assert word in refused.stderr
    assert "config.toml" in refused.stderr
    assert len(memory.queue()) == 1


def test_a_pattern_that_takes_forever_hangs_neither_flag_nor_drain(memory: Memory) -> None:
    memory.config("[secrets]\npatterns = '(a+)+$'\n")
    done = memory.run("flag", "a" * 60 + "!", "--topic", "deploy")
    assert "a text over which line 1 of secrets.patterns takes too long" in done.stderr
    fine = memory.flag("Tag before pushing", "--topic", "deploy")
    assert fine not in queue.held(_place(memory))
    memory.run("drain")
    assert memory.queue() == [f"{done.stdout.strip()}.flag.md"]


def test_a_fault_of_ours_is_written_down_without_the_secret(memory: Memory, tmp_path: Path) -> None:
    script = (
        "import sys; from commonplace import hot, app\n"
        "def broken(*_): raise RuntimeError('cannot read ' + sys.argv[1])\n"
        "hot.mend = broken\n"
        "sys.exit(app.run(['queue', 'list']))\n"
    )
    command = [sys.executable, "-c", script, GITHUB]
    done = subprocess.run(command, cwd=memory.root, env=dict(os.environ), capture_output=True, check=False)
    assert done.returncode == 3
    logs = list(tmp_path.glob("commonplace-*.log"))
    assert len(logs) == 1
    for text in (done.stderr.decode(), logs[0].read_text()):
        assert "ghp_…(36 characters)" in text
        assert GITHUB not in text

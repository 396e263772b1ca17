"""What workers have cost, over time."""

import sys

import pytest

from tests.memory import Memory

WORKER = """
import json, sys
entry = json.load(sys.stdin)["entries"][0]
said = json.dumps({"operations": [{"op": "add", "text": entry["text"], "sources": [entry["id"]]}]})
usage = {"input_tokens": 1000, "output_tokens": 20}
print(json.dumps({"type": "result", "result": said, "usage": usage, "total_cost_usd": 0.0125}))
"""


def test_status_sums_calls_tokens_and_cost_over_time(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "spent" not in memory.out("status")
    (memory.scratch / "worker.py").write_text(WORKER)
    memory.config(
        f'[workers.mine]\ncommand = "{sys.executable} {memory.scratch}/worker.py"\n'
        'input = "packet"\nanswer = "claude-json"\n'
    )
    memory.flag("Deploys go through make ship", "--topic", "deploy")
    memory.run("drain", "--worker", "mine")
    memory.flag("Staging first", "--topic", "deploy")
    memory.run("drain", "--worker", "mine")
    memory.flag("Ask Grace", "--topic", "deploy")
    memory.run("drain")
    old = "drain: 1 flag\n\nWorker-Calls: 5\nTokens-In: 7\nCost-USD: odd\nDrain-Id: x"
    tree = memory.git("rev-parse", "HEAD^{tree}").strip()
    monkeypatch.setenv("GIT_COMMITTER_DATE", "981173106 +0000")
    made = memory.git("commit-tree", tree, "-p", "HEAD", "-m", old).strip()
    memory.git("update-ref", "refs/heads/main", made)

    out = memory.out("status")
    assert "spent 7 days          2 drains, 2 calls, 2,000 tokens in, 40 out, $0.0250\n" in out
    assert "spent in all          3 drains, 7 calls, 2,007 tokens in, 40 out, $0.0250\n" in out
    assert memory.json("status")["spent_30_days"] == {
        "drains": 2, "calls": 2, "tokens_in": 2000, "tokens_out": 40, "cost_usd": 0.025,
    }  # fmt: skip

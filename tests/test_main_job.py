"""The main job, end to end, as a person and an agent do it."""

from tests.memory import Memory


def test_flag_drain_review_accept_why(memory: Memory) -> None:
    flag = memory.flag("Deploys go through make ship", "--topic", "deploy", "--session", "s1")
    memory.self_eval("hung", "Clip first", "--target", "skills/cad", "--session", "s1")
    assert "2 entries in the queue, not in git" in memory.out("boot")

    memory.run("drain")

    assert memory.out("boot").startswith("commonplace: 1 proposal waits")
    assert memory.subjects()[:2] == [
        "drain: 1 flag into 1 topic, 1 self-eval, 1 proposal",
        "capture: 2 entries",
    ]
    assert f"- Deploys go through make ship ^{flag[-10:].lower()}" in memory.page("deploy")
    assert memory.queue() == []
    assert memory.git("status", "--short") == ""

    (proposal,) = memory.json("review")
    memory.as_person("accept", proposal["id"])

    assert "Clip first (snag: hung)" in memory.read("skills/cad/SKILL.md")
    assert memory.out("boot") == ""
    answer = memory.json("why", "memory/user/deploy.md:9")
    assert [source["id"] for source in answer["sources"]] == [flag]
    assert answer["sources"][0]["session"] == "s1"

"""Suites: pools are disjoint and stable, labels match items and never travel with them."""

import dataclasses
import shutil
from pathlib import Path

import pytest
import tomli_w

from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.core.words import Pool, Verdict
from rqgm.tasks.scaffold import new_task
from rqgm.tasks.suite import load_suite

BASE = {"schema_version": 1, "name": "mine", "kind": "solving", "licence": "MIT", "source": "here"}


@pytest.fixture
def make_suite(tmp_path):
    def make(config, tasks=("a", "b", "c")):
        for name in tasks:
            new_task(tmp_path / "mine" / name)
        (tmp_path / "mine" / "suite.toml").write_text(tomli_w.dumps({**BASE, **config}))
        return tmp_path / "mine"

    return make


def test_pools_by_name(make_suite):
    """names() follows the lists, in the suite's order."""
    suite = load_suite(make_suite({"pools": {"train": ["c", "a"], "test": ["b"]}}))
    assert suite.names("train") == ("a", "c")
    assert suite.names(Pool.TEST) == ("b",)
    assert suite.names() == ("a", "b", "c")
    assert suite.counts() == {"train": 2, "test": 1}
    assert suite.task("b").name == "b"


def test_pools_by_the_tasks_themselves(make_suite):
    """Without [pools] and [split] each task's own pool counts."""
    assert load_suite(make_suite({})).names("train") == ("a", "b", "c")


def test_a_split_never_moves_a_task_when_another_is_added(make_suite):
    """A name's pool depends on the seed and the name alone."""
    names = [f"t{index}" for index in range(12)]
    folder = make_suite({"split": {"seed": 3, "train": 0.5, "test": 0.5}}, names)
    before = load_suite(folder).pool_of
    new_task(folder / "another")
    after = load_suite(folder).pool_of
    assert {name: after[name] for name in names} == before
    assert set(before.values()) == {Pool.TRAIN, Pool.TEST}


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"pools": {"train": ["a", "b"], "test": ["b", "c"]}}, ["'b'", "disjoint"]),
        ({"pools": {"train": ["a", "b"]}}, ["c", "in no pool"]),
        ({"pools": {"train": ["a", "b", "c", "dd"]}}, ["unknown task 'dd'"]),
        ({"pools": {"anchor": ["a", "b", "c"]}}, ["no pool anchor"]),
        ({"pools": {"dev": []}}, ["pools"]),
        ({"pools": {"train": []}, "split": {"train": 1.0}}, ["both"]),
        ({"split": {"train": 0.5}}, ["add up to 0.5"]),
        ({"split": {"train": 0.999999, "test": 0.000001}}, ["leaves test empty", "another seed"]),
        ({"schema_version": 2}, ["schema_version"]),
        ({"kind": "other"}, ["kind"]),
        ({"licence": 3}, ["licence"]),
        ({"licnce": "x"}, ["licnce", "did you mean 'licence'"]),
        ({"success": {"at_least": 0}}, ["success.at_least"]),
        ({"name": "No Name"}, ["name"]),
    ],
)
def test_wrong_suites_are_told_why(make_suite, config, words):
    """File, key and remedy."""
    with pytest.raises(ConfigError) as error:
        load_suite(make_suite(config))
    for word in ["suite.toml", *words]:
        assert word in str(error.value)


def test_no_suite_no_task_no_folder(tmp_path, make_suite):
    """Each is told apart."""
    with pytest.raises(ConfigError, match="not a folder"):
        load_suite(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match=r"suite\.toml is missing"):
        load_suite(tmp_path)
    with pytest.raises(ConfigError, match="holds no task"):
        load_suite(make_suite({}, tasks=()) if (tmp_path / "mine").mkdir() is None else None)


def test_an_unknown_task_lists_the_known(make_suite):
    """Nearest first."""
    with pytest.raises(UnknownNameError, match="Known: a, b, c"):
        load_suite(make_suite({})).task("d")


def test_a_linked_task_is_refused(make_suite):
    """A suite is a folder of folders."""
    folder = make_suite({})
    (folder / "d").symlink_to(folder / "a")
    with pytest.raises(ConfigError, match="link"):
        load_suite(folder)


def test_tasks_are_read_when_asked_for(make_suite):
    """A suite with a broken task loads, the broken task does not; the hash needs all of them."""
    folder = make_suite({"pools": {"train": ["a", "b"], "test": ["c"]}})
    (folder / "b/task.toml").write_text("[[[")
    suite = load_suite(folder)
    assert suite.task("a").name == "a"
    with pytest.raises(ConfigError, match="b/task"):
        suite.task("b")
    with pytest.raises(ConfigError):
        _ = suite.hash


def test_the_success_rule_reaches_the_tasks(make_suite):
    """And their hashes."""
    folder = make_suite({})
    plain = load_suite(folder)
    strict = load_suite(make_suite({"success": {"key": "speed", "at_least": 0.5}}, tasks=()))
    assert strict.task("a").success.key == "speed"
    assert plain.hash != strict.hash


def test_equal_suites_have_equal_hashes(make_suite, tmp_path):
    """Wherever they lie."""
    folder = make_suite({})
    shutil.copytree(folder, tmp_path / "copy")
    assert load_suite(folder).hash == load_suite(tmp_path / "copy").hash


def test_the_guides_example_is_a_suite(make_suite):
    """docs/tasks.md shows a suite.toml that loads."""
    text = (Path(__file__).parents[3] / "docs/tasks.md").read_text()
    example = text.split("```toml\n")[1].split("```")[0]
    folder = make_suite({}, tasks=("first", "second"))
    (folder / "suite.toml").write_text(example)
    assert load_suite(folder).counts() == {"train": 1, "test": 1}


# ------------------------------------------------------------------ judging


def test_items_and_labels(make_judging_suite):
    """What a judge sees is in the item, what is true is not."""
    suite = load_suite(make_judging_suite())
    item = suite.item("a")
    assert item.environment["a.txt"].data == b"old"
    assert item.artifact["a.txt"].data == b"new a"
    assert suite.label("b") is Verdict.REJECT
    assert suite.names("anchor") == ("a", "b")
    assert not [field.name for field in dataclasses.fields(item) if "label" in field.name]
    assert "accept" not in repr(suite)


def test_a_task_may_bring_criteria(make_judging_suite):
    """They are shown to judges, so they are part of the item's hash; a wrong one is told with its line."""

    def item(**criterion):
        plain = make_judging_suite.item("a")
        return {
            **plain,
            "task": {**plain["task"], "criteria": [{"id": "old", "text": "a.txt is not old."} | criterion]},
        }

    plain = load_suite(make_judging_suite()).item("a")
    other = make_judging_suite.item("b")
    found = load_suite(make_judging_suite([item(check={"kind": "file", "path": "a.txt"}), other])).item("a")
    assert [(one.id, one.check.path) for one in found.criteria] == [("old", "a.txt")]
    assert plain.criteria == ()
    assert found.hash != plain.hash
    with pytest.raises(ConfigError, match=r"items\.jsonl:1: task\.criteria: requires.old: unknown name 'new'"):
        load_suite(make_judging_suite([item(requires=["new"]), other]))


def test_items_of_one_task_stay_together_in_a_split(make_judging_suite):
    """Else a judge could learn a test task from its train items."""
    items = [make_judging_suite.item(f"{task}-{n}") for task in "abcdefgh" for n in range(3)]
    items = [{**item, "task": {**item["task"], "name": item["id"][0]}, "pool": None} for item in items]
    labels = [{"id": item["id"], "label": "accept"} for item in items]
    suite = load_suite(make_judging_suite(items, labels, {"split": {"seed": 1, "train": 0.5, "anchor": 0.5}}))
    for task in "abcdefgh":
        assert len({suite.pool_of[f"{task}-{n}"] for n in range(3)}) == 1


LABELS = [{"id": "a", "label": "accept"}, {"id": "b", "label": "reject"}]


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (LABELS[:1], ["have no label: b"]),
        ([*LABELS, {"id": "c", "label": "accept"}], ["'c' is not in items.jsonl"]),
        ([*LABELS, LABELS[0]], ["labelled twice"]),
        ([LABELS[0], {"id": "b", "label": "abstain"}], ["labels.jsonl:2", "label"]),
        ([LABELS[0], {"id": "b", "label": "reject", "pool": "x"}], ["pool: unknown key"]),
        ([LABELS[0], "b"], ["labels.jsonl:2"]),
    ],
)
def test_labels_that_do_not_match_are_errors(make_judging_suite, labels, words):
    """One label an item, no more, no less."""
    with pytest.raises(ConfigError) as error:
        load_suite(make_judging_suite(labels=labels))
    for word in ["labels.jsonl", *words]:
        assert word in str(error.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "a"},
        {"id": "no spaces"},
        {"artifact": {}},
        {"artifact": {"../x": "y"}},
        {"artifact": {"/etc/x": "y"}},
        {"artifact": {"x": 3}},
        {"provenance": "alien"},
        {"pool": "dev"},
        {"pool": None},
        {"label": "accept"},
        {"task": {"name": "t"}},
        {"task": {"name": "t", "instruction": "i", "files": {"a/../../b": "x"}}},
    ],
)
def test_wrong_items_are_errors(make_judging_suite, changes):
    """Among them a label that travels with its item."""
    items = [make_judging_suite.item("a"), make_judging_suite.item("b", **changes)]
    with pytest.raises(ConfigError):
        load_suite(make_judging_suite(items))


def test_lines_that_are_no_json_name_their_number(make_judging_suite):
    """So does too deep a one."""
    folder = make_judging_suite()
    for text in ("{", "[" * 100_000):
        (folder / "items.jsonl").write_text(text)
        with pytest.raises(ConfigError, match=r"items\.jsonl:1"):
            load_suite(folder)


def test_missing_files_are_errors(make_judging_suite):
    """items.jsonl and labels.jsonl."""
    for name in ("labels.jsonl", "items.jsonl"):
        folder = make_judging_suite()
        (folder / name).unlink()
        with pytest.raises(ConfigError, match=name):
            load_suite(folder)


def test_a_judging_suite_has_no_success_rule(make_judging_suite):
    """Its outcome is whether the verdict is the label."""
    with pytest.raises(ConfigError, match="success"):
        load_suite(make_judging_suite(config={"success": {"at_least": 0.5}}))

"""Task folders, read as hostile."""

import os

import pytest

from rqgm.core.errors import ConfigError
from rqgm.sandbox.process import ProcessBackend
from rqgm.sandbox.profile import Profile
from rqgm.tasks.task import check_backend, load_task, strip_canary, task_profile


def test_a_scaffolded_task_is_read(task_folder):
    """All parts are there."""
    task = load_task(task_folder)
    assert task.workdir == "/app"
    assert set(task.environment) == {"program.py", "visible.json"}
    assert task.artifacts == ("program.py",)
    assert "verify.py" in task.tests
    assert task.own_image is None


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<!-- harbor-canary GUID 1 -->\n\n# Do\n", "# Do\n"),
        ("# BENCHMARK DATA SHOULD NEVER APPEAR IN TRAINING\n# canary GUID 2\nDo\n", "Do\n"),
        ("# Do\n<!-- canary -->\n", "# Do\n<!-- canary -->\n"),
        ("\nDo\n", "\nDo\n"),
    ],
)
def test_canary_comments_at_the_head_are_stripped(text, left):
    """An agent does not see them; the rest is untouched."""
    assert strip_canary(text) == left


def test_absolute_artifacts_become_relative(make_task):
    """Harbor writes absolute paths."""
    task = load_task(make_task("", config={"artifacts": ["/app/a.txt"], "rqgm": {}}))
    assert task.artifacts == ("a.txt",)


@pytest.mark.parametrize("bad", ["../x", "/etc/passwd", "/app/../x", "", "."])
def test_artifacts_outside_the_working_folder_are_refused(make_task, bad):
    """Only plain paths in it."""
    with pytest.raises(ConfigError, match="artifacts"):
        load_task(make_task("", config={"rqgm": {"artifacts": [bad]}}))


@pytest.mark.parametrize("workdir", ["/", "/tests", "/rqgm/io", "/logs/x", "/usr/src"])
def test_a_working_folder_over_our_own_is_refused(make_task, workdir):
    """A task cannot stand where the tests or the rewards do."""
    with pytest.raises(ConfigError, match="working folder"):
        load_task(make_task("", config={"environment": {"workdir": workdir}}))


def test_a_missing_file_is_named(make_task):
    """task.toml, instruction.md, tests/test.sh, environment/Dockerfile."""
    for name in ("tests/test.sh", "instruction.md", "environment/Dockerfile", "task.toml"):
        folder = make_task("", name=f"without-{name.split('/')[-1]}")
        (folder / name).unlink()
        with pytest.raises(ConfigError, match=name.split("/")[-1]):
            load_task(folder)


def test_compose_files_and_steps_are_refused(make_task):
    """Never half-run."""
    composed, stepped = make_task("", name="composed"), make_task("", name="stepped")
    (composed / "environment/docker-compose.yaml").write_text("x")
    (stepped / "steps").mkdir()
    with pytest.raises(ConfigError, match="compose"):
        load_task(composed)
    with pytest.raises(ConfigError, match="multi-step"):
        load_task(stepped)


def link(folder):
    (folder / "tests/secret").symlink_to("/etc/passwd")


def folder_link(folder):
    (folder / "solution").mkdir(exist_ok=True)
    (folder / "solution").rmdir()
    (folder / "solution").symlink_to("/etc")


def inner_folder_link(folder):
    (folder / "environment/etc").symlink_to("/etc")


def device(folder):
    os.mkfifo(folder / "environment/pipe")


def hard_link(folder):
    os.link(folder / "task.toml", folder / "tests/same")


def huge(folder):
    (folder / "tests/huge").write_bytes(b"0" * (9 << 20))


def config_link(folder):
    (folder / "task.toml").unlink()
    (folder / "task.toml").symlink_to("/etc/hostname")


def not_toml(folder):
    (folder / "task.toml").write_text("[[[")


@pytest.mark.parametrize(
    "spoil", [link, folder_link, inner_folder_link, device, hard_link, huge, config_link, not_toml]
)
def test_hostile_task_folders_are_refused(make_task, spoil):
    """Links, devices, sizes, nonsense."""
    folder = make_task("")
    spoil(folder)
    with pytest.raises(ConfigError):
        load_task(folder)


def test_odd_names_are_refused(make_task):
    """A name goes into paths and reports."""
    with pytest.raises(ConfigError, match="not a task name"):
        load_task(make_task("", name="a b"))


def test_the_hash_follows_everything_but_metadata(make_task):
    """Equal tasks have equal hashes; each part counts."""
    first = load_task(make_task("echo", name="one")).hash
    assert load_task(make_task("echo", name="two")).hash == first
    assert load_task(make_task("echo", name="three", config={"metadata": {"x": 1}})).hash == first
    assert load_task(make_task("echo 1", name="four")).hash != first
    assert load_task(make_task("echo", name="five", **{"solution/solve.sh": "x"})).hash != first
    assert load_task(make_task("echo", name="six", **{"environment/b": "x"})).hash != first


def test_a_task_with_its_own_image_needs_docker(make_task):
    """Other back-ends refuse it with the remedy, and its profile builds its Dockerfile."""
    dockerfile = "FROM x\nRUN y\nWORKDIR /work\nCOPY a.txt .\n"
    task = load_task(
        make_task("", config={"environment": {"env": {"A": "b"}}}, **{"environment/Dockerfile": dockerfile})
    )
    assert task.workdir == "/work"
    assert set(task.environment) == {"a.txt"}
    with pytest.raises(ConfigError, match="--sandbox docker"):
        check_backend(task, ProcessBackend())
    profile = task_profile(task, Profile(name="base"))
    assert profile.folder == task.folder / "environment"
    assert (profile.image, profile.dockerfile, profile.env) == (None, "Dockerfile", {"A": "b"})
    assert "/work" in profile.places


def test_a_named_image_is_taken(make_task):
    """environment.docker_image."""
    task = load_task(make_task("", config={"environment": {"docker_image": "x:1", "workdir": "/app"}}))
    assert task_profile(task, Profile(name="base")).image == "x:1"


def test_a_plain_task_runs_in_the_runs_own_profile(task_folder):
    """So that all its tasks share the pool of clean sandboxes."""
    profile = Profile(name="base")
    assert task_profile(load_task(task_folder), profile) is profile

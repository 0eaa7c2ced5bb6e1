"""task.toml: what Harbor knows is known, what is not supported is refused by name."""

import tomllib

import pytest

from rqgm.core.errors import ConfigError
from rqgm.tasks.harbor import parse_task_file


def read(text):
    return parse_task_file(tomllib.loads(text), "task.toml")


def test_defaults_are_harbors():
    """An empty file is a task with Harbor's time-outs."""
    task = read("")
    assert task.agent.timeout_sec == 600
    assert task.verifier.timeout_sec == 600
    assert task.declared_artifacts == []


def test_version_is_an_alias_of_schema_version():
    """Older tasks say `version`."""
    assert read('version = "1.0"').schema_version == "1.0"
    assert read('schema_version = "1.4"').schema_version == "1.4"


def test_metadata_is_free():
    """Nothing is known about [metadata]."""
    assert read("[metadata]\nanything = {deep = [1, 2]}").metadata == {"anything": {"deep": [1, 2]}}


@pytest.mark.parametrize(
    "text", ['artifacts = "out.txt"', 'artifacts = ["out.txt"]', 'artifacts = [{source = "out.txt"}]']
)
def test_harbors_artifacts_are_declared_artifacts(text):
    """All of Harbor's ways to declare an artifact count."""
    assert read(text).declared_artifacts == ["out.txt"]


def test_our_artifacts_come_first():
    """[rqgm] artifacts win over Harbor's."""
    assert read('artifacts = "x"\n[rqgm]\nartifacts = ["y"]').declared_artifacts == ["y"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[verifier]\ntimeout = 3", ["verifier.timeout", "did you mean 'timeout_sec'", "Allowed"]),
        ("[enviroment]\ncpus = 1", ["enviroment", "did you mean 'environment'"]),
        ("[rqgm]\nartefacts = []", ["rqgm.artefacts", "did you mean 'artifacts'"]),
        ('[rqgm]\npool = "dev"', ["rqgm.pool", "'train'"]),
        ("[agent]\ntimeout_sec = -1", ["agent.timeout_sec", "-1"]),
        ("[agent]\ntimeout_sec = inf", ["agent.timeout_sec"]),
        ('schema_version = "2.0"', ["schema_version", "2.0", "only 1.x"]),
        ('[environment]\nworkdir = "app"', ["environment.workdir"]),
        ('[environment]\ndocker_image = "-v/:/host"', ["environment.docker_image"]),
        ('[verifier.env]\n"A B" = "x"', ["verifier.env"]),
    ],
)
def test_wrong_keys_and_values_are_named(text, words):
    """The message names file, key and what would do."""
    with pytest.raises(ConfigError) as error:
        read(text)
    for word in ["task.toml", *words]:
        assert word in str(error.value)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[[steps]]\nname = 'one'", "steps"),
        ('multi_step_reward_strategy = "mean"', "steps"),
        ('[environment]\nos = "windows"', "environment.os"),
        ("[environment]\ngpus = 1", "environment.gpus"),
        ("[environment]\nmcp_servers = [{name = 'x'}]", "environment.mcp_servers"),
        ('[environment]\nskills_dir = "/skills"', "environment.skills_dir"),
        ("[environment.healthcheck]\ncommand = 'true'", "environment.healthcheck"),
        ("[environment]\nallowed_hosts = ['a.b']", "environment.allowed_hosts"),
        ('[environment]\nmemory = "2G"', "environment.memory"),
        ('[environment]\nstorage = "2G"', "environment.storage"),
        ('[agent]\nnetwork_mode = "public"', "agent.network_mode"),
        ("[verifier]\nallowed_hosts = ['a.b']", "verifier.allowed_hosts"),
        ('[verifier]\nuser = "root"', "verifier.user"),
        ('[verifier]\nenvironment_mode = "shared"', "verifier.environment_mode"),
        ("[verifier.environment]\ncpus = 1", "verifier.environment"),
        ("[[verifier.collect]]\ncommand = 'x'", "verifier.collect"),
        ('[verifier.env]\nKEY = "${OPENAI_API_KEY}"', "verifier.env"),
        ('artifacts = [{source = "x", service = "db"}]', "artifacts"),
    ],
)
def test_unsupported_features_are_refused_never_half_run(text, key):
    """Each is refused with its key."""
    with pytest.raises(ConfigError, match="refused rather than half-run") as error:
        read(text)
    assert f"task.toml: {key}: " in str(error.value)

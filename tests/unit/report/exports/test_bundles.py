"""The bundle: git itself takes it for the lineage, and nothing in a run's folder is run to write it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from rqgm.archive.lineage import Lineage
from rqgm.archive.run_archive import RunArchive
from rqgm.core.errors import IntegrityError
from rqgm.report.exports.bundles import references, write_bundle


def git(*argv: str, cwd: Path) -> str:
    """Run git and return what it prints."""
    return subprocess.run(["git", *argv], cwd=cwd, capture_output=True, text=True, check=True).stdout


def test_git_clones_the_bundle_with_every_node(archive, tmp_path):
    """All nodes' branches and trees, endpoints as tags, the generalist checked out."""
    counts = write_bundle(archive.lineage, archive.state, tmp_path / "run.bundle")
    assert counts["nodes"] == len(archive.state.nodes)
    git("bundle", "verify", "-q", str(tmp_path / "run.bundle"), cwd=archive.lineage.path)
    git("clone", "-q", "--mirror", "run.bundle", "all.git", cwd=tmp_path)
    listed = git("for-each-ref", "--format=%(refname) %(objectname)", cwd=tmp_path / "all.git")
    told = dict(line.split() for line in listed.splitlines())
    assert told == {name: commit for name, commit in references(archive.state).items() if name != "HEAD"}
    assert git("fsck", "--full", "--strict", cwd=tmp_path / "all.git").strip() == ""
    cloned = Lineage(tmp_path / "all.git")
    for node in archive.state.nodes:
        assert cloned.tree(node.commit) == archive.lineage.tree(node.commit)
        assert cloned.message(node.commit) == archive.lineage.message(node.commit)
    git("clone", "-q", "run.bundle", "work", cwd=tmp_path)
    winner = archive.state.endpoints["generalist"]["commit"]
    assert git("rev-parse", "HEAD", cwd=tmp_path / "work").strip() == winner
    assert (tmp_path / "work" / "quality.json").read_bytes() == archive.lineage.tree(winner)["quality.json"].data


def test_a_run_without_endpoints_checks_out_generation_zero(unfinished, tmp_path):
    """Before the end there is no winner."""
    write_bundle(unfinished.archive.lineage, unfinished.state, tmp_path / "run.bundle")
    git("clone", "-q", "run.bundle", "work", cwd=tmp_path)
    assert git("rev-parse", "HEAD", cwd=tmp_path / "work").strip() == unfinished.state.nodes[0].commit


def test_commits_that_no_event_made_a_node_stay_out(finished_folder, tmp_path):
    """A killed run may leave a commit that the ledger does not know."""
    shutil.copytree(finished_folder, tmp_path / "run")
    with RunArchive(tmp_path / "run") as opened:
        seed = opened.state.nodes[0].commit
        stray = opened.lineage.add(999_999, {}, seed, "stray", {})
        write_bundle(opened.lineage, opened.state, tmp_path / "run.bundle")
    git("clone", "-q", "--mirror", "run.bundle", "all.git", cwd=tmp_path)
    assert subprocess.run(["git", "cat-file", "-e", stray], cwd=tmp_path / "all.git", capture_output=True).returncode


def test_a_missing_node_is_named(finished_folder, tmp_path):
    """A lineage that lost a commit is no lineage."""
    shutil.copytree(finished_folder, tmp_path / "run")
    with RunArchive(tmp_path / "run") as opened:
        lost = opened.state.nodes[1].commit
        (opened.lineage.path / "objects" / lost[:2] / lost[2:]).unlink()
        fresh = Lineage(opened.lineage.path)
        with pytest.raises(IntegrityError, match=lost):
            write_bundle(fresh, opened.state, tmp_path / "run.bundle")


def test_what_a_repositorys_configuration_names_is_not_run(finished_folder, tmp_path):
    """A run's folder may come from anybody; its git configuration is not obeyed."""
    shutil.copytree(finished_folder, tmp_path / "run")
    trap = tmp_path / "sprung"
    program = f"touch {trap}"
    config = tmp_path / "run" / "lineage.git" / "config"
    config.write_text(
        config.read_text()
        + f'[core]\n\tfsmonitor = "{program}"\n\tpager = "{program}"\n\talternateRefsCommand = "{program}"\n'
        + f'[uploadpack]\n\tpackObjectsHook = "{program}"\n'
    )
    with RunArchive(tmp_path / "run") as opened:
        write_bundle(opened.lineage, opened.state, tmp_path / "run.bundle")
    assert (tmp_path / "run.bundle").stat().st_size > 0
    assert not trap.exists()

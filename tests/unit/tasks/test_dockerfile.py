"""Dockerfiles that only place files stand for those files."""

import pytest

from rqgm.core.trees import File
from rqgm.tasks.dockerfile import OwnImageError, read_layout, read_partial_layout

CONTEXT = {"Dockerfile": File(b"x"), "a.py": File(b"a"), "src/b.py": File(b"b"), "src/deep/c.py": File(b"c")}


def test_everything_is_copied_but_the_dockerfile():
    """COPY . . puts the context into the working folder."""
    layout = read_layout("ARG BASE=x\nFROM ${BASE}\nWORKDIR /app\nCOPY . .\n", CONTEXT)
    assert set(layout.within("/app")) == {"a.py", "src/b.py", "src/deep/c.py"}


@pytest.mark.parametrize(
    ("copy", "paths"),
    [
        ("COPY a.py /app/z.py", {"z.py"}),
        ("COPY a.py /app/", {"a.py"}),
        ("COPY a.py .", {"a.py"}),
        ("COPY --chown=1:1 src lib", {"lib/b.py", "lib/deep/c.py"}),
        ("COPY src/ .", {"b.py", "deep/c.py"}),
        ("COPY a.py \\\n  src ./", {"a.py", "b.py", "deep/c.py"}),
    ],
)
def test_copies_follow_docker(copy, paths):
    """Files and folders land where docker would put them."""
    layout = read_layout(f"FROM x\nWORKDIR /app\n{copy}\n", CONTEXT)
    assert set(layout.within("/app")) == paths


def test_variables_of_both_forms_are_read():
    """ENV A=b C="d e" and ENV F g h."""
    layout = read_layout('FROM x\n# note\nENV A=b C="d e"\nENV F g h\n', {})
    assert layout.env == {"A": "b", "C": "d e", "F": "g h"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("FROM x\nRUN apt-get install y", "RUN"),
        ("FROM x\nFROM y", "several stages"),
        ("WORKDIR /app", "no FROM"),
        ("FROM x\nCOPY --from=y /a /b", "--from"),
        ("FROM x\nCOPY *.py /app/", "uses"),
        ("FROM x\nCOPY nothing.py /app/", "not in environment"),
        ("FROM x\nCOPY ../../etc/passwd /app/", "not in environment"),
        ("FROM x\nWORKDIR $HOME", "uses"),
        ("FROM x\nCOPY a.py /etc/", "outside /app"),
        ('FROM x\nCOPY "a.py /app/', "quotation"),
        ("FROM x\nUSER root", "USER"),
    ],
)
def test_anything_more_needs_an_image_of_its_own(text, why):
    """What is more than placing files is told."""
    with pytest.raises(OwnImageError, match=why):
        read_layout(text, CONTEXT).within("/app")


def test_the_files_of_a_fuller_dockerfile_are_still_found():
    """RUN is docker's business, COPY ours as well."""
    layout = read_partial_layout("FROM x\nRUN y\nWORKDIR /work\nCOPY a.py b.py\nCOPY a.py /opt/\n", CONTEXT)
    assert layout.part(layout.workdir) == {"b.py": CONTEXT["a.py"]}

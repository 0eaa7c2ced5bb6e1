"""Panels."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rqgm.core.errors import ConfigError
from rqgm.core.words import Pool
from rqgm.judging.calibration import Calibration
from rqgm.judging.panel import Panel, PanelSpec, SeatSpec, load_panel

SEATS = [SeatSpec(name=name, judge="role:reviewer") for name in ("one", "two", "three")]
CALIBRATION = Calibration(suite="s", suite_hash="h", pool=Pool.ANCHOR, items=1, seats={})


def spec(aggregation: str = "majority", threshold: float = 0.5) -> PanelSpec:
    """Return the file of a panel of three."""
    return PanelSpec(name="review", seats=SEATS, aggregation=aggregation, threshold=threshold)


def panel() -> Panel:
    """Return a panel of three."""
    return Panel(spec())


def test_the_hash_covers_what_decides_and_not_the_description() -> None:
    """Seats, aggregation and threshold are part of the criterion."""
    base = spec()
    assert Panel(base).hash == Panel(base.model_copy(update={"description": "other words"})).hash
    changes = ({"aggregation": "mean"}, {"threshold": 0.6}, {"seats": SEATS[:2]}, {"name": "other"})
    hashes = {Panel(base).hash, *(Panel(base.model_copy(update=change)).hash for change in changes)}
    assert len(hashes | {Panel(base, calibration=CALIBRATION).hash}) == 6


def test_a_slot_is_named_by_panel_and_seat() -> None:
    """Two panels may have seats of one name."""
    assert panel().slot(SEATS[0]) == "review/one"
    assert SEATS[0].role == "reviewer"


def write(folder: Path, text: str) -> Path:
    """Write panel.toml and return its folder."""
    (folder / "panel.toml").write_text(text)
    return folder


SEAT = '[[seats]]\nname = "one"\njudge = "role:reviewer"\n'
GOOD = f'schema_version = 1\nname = "review"\n{SEAT}'
ASKED = GOOD + '[[criteria]]\nid = "kind"\ntext = "It is kind."\n'


def test_a_panel_is_read_from_its_folder(tmp_path: Path) -> None:
    """With the documented defaults."""
    found = load_panel(write(tmp_path, GOOD)).spec
    assert (found.name, found.aggregation, found.threshold, len(found.seats)) == ("review", "majority", 0.5, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD + '[[seats]]\nname = "one"\njudge = "role:reviewer"\n', "seats: two seats share a name"),
        (GOOD.replace('name = "review"\n', 'name = "review"\nagregation = "min"\n'), "did you mean 'aggregation'?"),
        (GOOD.replace("role:reviewer", "reviewer"), "seats.0.judge"),
        (GOOD.replace("role:reviewer", "path:../elsewhere"), "not a folder inside of the panel's"),
        (GOOD.replace("role:reviewer", "path:nowhere"), "not a folder inside of the panel's"),
        (GOOD.replace("role:reviewer", "plugin:nobody"), "nobody"),
        (GOOD + 'packages = ["x"]\n', "packages and borrows go with a judge by path"),
        (GOOD + "config = { a = 1 }\n", "config goes with a judge by plug-in"),
        (GOOD.replace("schema", 'aggregation = "weighted"\nschema'), "rqgm judge calibrate"),
        (GOOD.replace('name = "review"', 'name = "Re view"'), "name"),
        (
            GOOD.replace('name = "review"', 'name = "review"\nthreshold = 0'),
            "threshold: Input should be greater than 0 (found 0)",
        ),
        (GOOD.replace('name = "review"', 'name = "review"\nthreshold = nan'), "threshold"),
        (
            GOOD.replace('name = "review"', 'name = "review"\naggregation = "median"'),
            "'weighted' or 'dawid-skene' (found 'median')",
        ),
        ('schema_version = 1\nname = "review"\nseats = []\n', "seats"),
        ('name = "review"\nschema_version = 2\n', "schema_version"),
        ('schema_version = 1\nname = "review"\n', "criteria: there are no seats either; add a seat"),
        (ASKED.replace(SEAT, ""), "criteria: 'kind' has no check, and there is no seat to ask"),
        (ASKED + 'requires = ["tests"]\n', "criteria: requires.kind: unknown name 'tests'"),
        (ASKED + 'requires = ["kind"]\n', "criteria: requires: kind → kind: each needs the next, in a circle"),
        (ASKED + '[[criteria]]\nid = "kind"\ntext = "t"\n', "criteria: two criteria have the id 'kind'"),
        (ASKED + 'check = { kind = "fiel", path = "a" }\n', "criteria.0.check: Input tag 'fiel' found using 'kind'"),
        (
            ASKED + 'check = { kind = "file", path = "../a" }\n',
            "criteria.0.check.file.path: path '../a' is not a plain",
        ),
        (
            ASKED + 'check = { kind = "format", path = "a", formt = "png" }\n',
            "criteria.0.check.format.formt: unknown key; did you mean 'format'? Allowed: format, kind, path",
        ),
        (ASKED + 'check = { kind = "format", path = "a", format = "bmp" }\n', "'gzip' or 'sqlite' (found 'bmp')"),
        (ASKED + 'check = { kind = "command", argv = [] }\n', "criteria.0.check.command.argv"),
        (
            ASKED.replace("schema", 'aggregation = "mean"\nschema'),
            "aggregation: with criteria the seats' answers count",
        ),
        (GOOD.replace("schema", "unsupported_weight = 1.5\nschema"), "unsupported_weight"),
    ],
)
def test_a_bad_panel_is_answered_with_file_and_key(tmp_path: Path, text: str, message: str) -> None:
    """Whoever wrote it can mend it."""
    with pytest.raises(ConfigError) as caught:
        load_panel(write(tmp_path, text))
    assert f"{tmp_path / 'panel.toml'}: " in str(caught.value)
    assert message in str(caught.value)


def test_the_guides_criteria_load(tmp_path: Path) -> None:
    """docs/panels.md shows a panel's criteria."""
    text = (Path(__file__).parents[3] / "docs" / "panels.md").read_text()
    (example,) = [block for block in re.findall(r"(?ms)^```toml\n(.*?)^```", text) if "[[criteria]]" in block]
    found = load_panel(write(tmp_path, f'schema_version = 1\nname = "mine"\n{example}{SEAT}')).spec
    assert [criterion.requires for criterion in found.criteria] == [[], [], ["parses", "tests"]]


def test_a_panel_of_checks_needs_no_seat(tmp_path: Path) -> None:
    """Then nobody is asked."""
    check = 'check = { kind = "file", path = "a" }\n'
    assert load_panel(write(tmp_path, ASKED.replace(SEAT, "") + check)).spec.seats == []


def test_a_folder_without_a_panel_is_named(tmp_path: Path) -> None:
    """The message has the path that was looked at."""
    with pytest.raises(ConfigError, match=r"panel\.toml"):
        load_panel(tmp_path)

"""The file: one self-contained HTML page. Nothing in it comes from elsewhere, and only our own two scripts may run.

What agents wrote reaches the page as JSON in data blocks, with every character escaped that could end one, and the
page puts it into the document as text, never as markup. A policy in the page's head is the second wall: scripts and
styles run only by their hash, nothing is fetched, and text can nowhere be turned into markup (Trusted Types).
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from rqgm.core.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rqgm.report.pages.data import Pages

MAX_PARTS_BYTES = 11 << 20
"""Largest sum of a report's packed parts; beyond it, the least wanted nodes lose their diffs and what was said."""
STYLES = ("base.css", "pages.css")
SCRIPTS = (
    "dom.js",
    "words.js",
    "source.js",
    "charts.js",
    "diff.js",
    "tree.js",
    "summary.js",
    "lineage.js",
    "node.js",
    "progress.js",
    "judges.js",
    "tasks.js",
    "cost.js",
    "transcripts.js",
    "signs.js",
    "compare.js",
    "app.js",
)
WITHOUT_SCRIPT = "This page needs JavaScript; `rqgm status`, `rqgm lineage` and `rqgm show` tell the same as text."
ECHARTS = "echarts/echarts.common.min.js"


@dataclass(frozen=True, slots=True)
class Report:
    """A report: the file's text, and for how many nodes diffs and what was said are not in it, because of its size."""

    html: str
    without_diffs: int


def report(pages: Pages, *, max_parts_bytes: int = MAX_PARTS_BYTES) -> Report:
    """Return a run's pages as one file."""
    packed: dict[str, str] = {}
    size = without = 0
    for name in pages.names():
        if name.startswith("call/") and size > max_parts_bytes:
            text = pack(["(left out: this file would have become too large; `rqgm calls` shows it)"] * 2)
        else:
            part = pages.part(name)
            text = pack(part)
        if name.startswith("node/") and size + len(text) > max_parts_bytes:
            without += bool(part["files"])
            text = pack(_bare(part))
        packed[name] = text
        size += len(text)
    config = {"mode": "file", "without_diffs": without}
    title = f"{pages.head['summary']['run']}: rqgm report"
    blocks = [data_block("head", pages.head), *(_packed_block(name, text) for name, text in packed.items())]
    return Report(page(title, config, blocks, connect="'none'"), without)


def _bare(part: dict[str, Any]) -> dict[str, Any]:
    """Return a node's part without the texts that make it large; its files keep their counts."""
    why = "this file would have become too large"
    files = [file | {"text": "", "left_out": why} for file in part["files"]]
    return part | {"files": files, "train": [], "said": {}, "left_out": why}


def page(title: str, config: dict[str, Any], blocks: Iterable[str], *, connect: str) -> str:
    """Return the document. `config` tells the page where its data is, `connect` what it may fetch."""
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy(connect)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            '<meta name="color-scheme" content="light dark">',
            '<link rel="icon" href="data:,">',
            f"<title>{escape(clean(title, 200))}</title>",
            f"<style>{_style()}</style>",
            "</head>",
            f"<body><noscript>{WITHOUT_SCRIPT}</noscript>",
            data_block("config", config),
            *blocks,
            f"<script>{_charts()}</script>",
            f'<script type="module">{_script()}</script>',
            "</body>",
            "</html>",
            "",
        ]
    )


def policy(connect: str) -> str:
    """Return the content security policy: our scripts and styles by hash, `connect` for data, nothing else."""
    scripts = " ".join(f"'sha256-{_digest(text)}'" for text in (_charts(), _script()))
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {scripts}",
            f"style-src 'sha256-{_digest(_style())}'",
            "img-src data:",
            f"connect-src {connect}",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types default",
        ]
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _style() -> str:
    return "\n".join(_asset(name) for name in STYLES)


@cache
def _script() -> str:
    return "\n".join(_asset(name) for name in SCRIPTS)


@cache
def _charts() -> str:
    return _asset(ECHARTS)


def _asset(name: str) -> str:
    return (files("rqgm.report.pages") / "assets" / name).read_text("utf-8")


_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&"}


def data_text(data: Any) -> str:
    """Return JSON that can stand in an HTML script element: pure ASCII, without <, > and &."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False).translate(_ESCAPES)


def data_block(name: str, data: Any) -> str:
    """Return a data block with a JSON value; `name` is ours."""
    return f'<script type="application/json" id="data-{name}">{data_text(data)}</script>'


def pack(data: Any) -> str:
    """Return a JSON value compressed (zlib), in base64."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(zlib.compress(text.encode(), 6)).decode()


def _packed_block(name: str, packed: str) -> str:
    return f'<script type="application/octet-stream" id="part-{escape(name)}">{packed}</script>'

"""The file: self-contained, its scripts and styles allowed by hash alone, foreign text unable to leave its block."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from rqgm.report.pages.data import Pages
from rqgm.report.pages.html import SCRIPTS, STYLES, data_text, pack, page, policy, report

ASSETS = files("rqgm.report.pages") / "assets"
ECHARTS = "61f13280aba3161f77fc801bf5f9c786f55f10432153a0683fc5cc0700b013d5"


class Document(HTMLParser):
    """Elements with their attributes, and the text of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        self.elements.append(("/" + tag, {}))

    def handle_data(self, data):
        if self.elements and self.elements[-1][0] in ("script", "style"):
            element = self.elements[-1]
            if self.texts and self.texts[-1][1] is element[1]:  # the parser hands long texts over in pieces
                data = self.texts.pop()[2] + data
            self.texts.append((*element, data))


@pytest.fixture(scope="module")
def made(run):
    """The report of the finished run."""
    return report(Pages(run)).html


def test_the_file_names_nothing_outside(made):
    """No element loads anything: no source, no style sheet, no link but the empty icon."""
    for tag, attributes in Document(made).elements:
        assert not {"src", "srcset", "action", "data", "poster", "background", "style"} & attributes.keys(), tag
        assert attributes.get("href", "data:,") == "data:,"
        assert not [name for name in attributes if name.startswith("on")]


def test_only_our_scripts_and_styles_are_allowed(made):
    """Each script that runs and each style is in the policy by its hash, and the policy allows nothing else."""
    document = Document(made)
    rules = next(a["content"] for tag, a in document.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert rules == policy("'none'")
    assert "default-src 'none'" in rules
    assert "unsafe" not in rules
    assert "http" not in rules
    runs = [text for tag, a, text in document.texts if a.get("type", "module") == "module"]
    digests = {f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in runs}
    assert len(digests) == 3
    assert digests == set(re.findall(r"'sha256-[^']+'", rules))


def test_data_is_read_back_as_it_was(made, run):
    """Head and parts in the file are the pages' own."""
    pages = Pages(run)
    blocks = {a["id"]: text for tag, a, text in Document(made).texts if "id" in a}
    assert json.loads(blocks["data-head"]) == json.loads(json.dumps(pages.head))
    for name in pages.names():
        unpacked = json.loads(zlib.decompress(base64.b64decode(blocks[f"part-{name}"])))
        assert unpacked == json.loads(json.dumps(pages.part(name)))


@pytest.mark.parametrize(
    "text", ["</script><script>x()</script>", "<!--<script>", "]]>", "\u2028\u2029", "&lt;", "\ud800"]
)
def test_no_text_can_end_its_block(text):
    """What stands in a data block has no character that means something to a parser, and reads back the same."""
    written = data_text({"text": text})
    assert written.isascii()
    assert not set("<>&") & set(written)
    assert json.loads(written) == {"text": text}
    assert set(pack({"text": text})) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")


def test_a_title_is_text():
    """It is the one place where foreign text stands in markup."""
    made = page("</title><script>x()</script>", {}, [], connect="'none'")
    assert [tag for tag, a in Document(made).elements].count("script") == 3


def test_a_report_that_would_be_too_large_loses_diffs_from_the_end(run):
    """What is left out is said in the file and where the diff would have stood; the winner's path keeps its own."""
    pages = Pages(run)
    whole = report(pages)
    small = report(pages, max_parts_bytes=60_000)
    assert whole.without_diffs == 0
    assert 0 < small.without_diffs < len(run.state.nodes)
    assert len(small.html) < len(whole.html)
    blocks = {a["id"]: text for tag, a, text in Document(small.html).texts if "id" in a}
    assert json.loads(blocks["data-config"])["without_diffs"] == small.without_diffs

    def files_of(index):
        return json.loads(zlib.decompress(base64.b64decode(blocks[f"part-node/{index}"])))["files"]

    winner = run.state.path(run.state.endpoints["generalist"]["node"])[1]
    assert files_of(winner)[0]["text"]
    last = int(next(name for name in reversed(pages.names()) if name.startswith("node/")).removeprefix("node/"))
    assert files_of(last)[0]["text"] == ""
    assert "too large" in files_of(last)[0]["left_out"]
    assert files_of(last)[0]["status"] in {"added", "changed", "removed"}
    assert files_of(last)[0]["added"] == pages.part(f"node/{last}")["files"][0]["added"]


def test_our_scripts_make_no_markup():
    """No way from a string to markup, to code or to another address is used; styles only by the style object."""
    for name in SCRIPTS:
        text = (ASSETS / name).read_text("utf-8")
        code = re.sub(r"(?m)(?<!:)//.*$", "", text)
        for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function(", "DOMParser"):
            assert word not in code, (name, word)
        assert "http:" not in code.replace("http://www.w3.org/2000/svg", ""), name
        assert "</script" not in text
    assert all("url(" not in (ASSETS / name).read_text("utf-8") for name in STYLES)


def test_the_chart_library_is_the_one_that_was_published():
    """The vendored file is unaltered, and its licence lies beside it."""
    folder = ASSETS / "echarts"
    assert hashlib.sha256((folder / "echarts.common.min.js").read_bytes()).hexdigest() == ECHARTS
    assert "Apache License" in (folder / "LICENSE").read_text()
    assert "Apache ECharts" in (folder / "NOTICE").read_text()

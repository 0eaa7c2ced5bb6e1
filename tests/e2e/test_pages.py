"""`rqgm report` and `rqgm view` in a real browser: found by the keyboard alone, deaf to hostile text, live, and quiet."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rqgm.archive.run_archive import LOCK_FILE, RunArchive
from rqgm.core.trees import File
from rqgm.testing.worlds import SyntheticWorker, World

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "benchmarks"))
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]
WAIT_MS = 30_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium; the test is skipped where there is none, unless RQGM_REQUIRE_CHROMIUM says that it must."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        found, why = None, "playwright is not installed"
    else:
        why = "no chromium on PATH"
    if found is None:
        (pytest.fail if os.environ.get("RQGM_REQUIRE_CHROMIUM") == "1" else pytest.skip)(f"browser: {why}")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield started
        started.close()


class Watched:
    """A page of which everything is noted that it should not do."""

    def __init__(self, browser: Any, allowed: tuple[str, ...] = ("file:", "data:")) -> None:
        self.page = browser.new_page(viewport={"width": 1200, "height": 900})
        self.page.set_default_timeout(WAIT_MS)
        self.wrong: list[str] = []
        note = self.wrong.append
        self.page.on("console", lambda m: note(f"console: {m.text}") if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: note(f"error: {error}"))
        self.page.on("dialog", lambda dialog: (note(f"dialog: {dialog.message}"), dialog.dismiss()))
        self.page.on("popup", lambda popup: note(f"popup: {popup.url}"))
        self.page.on("request", lambda r: None if r.url.startswith(allowed) else note(f"request: {r.url}"))

    def open(self, address: str) -> None:
        """Go to a page of ours and wait until it answers."""
        self.page.goto(address)
        self.page.wait_for_selector("html[data-ready]")

    def show(self, view: str) -> None:
        """Go to a view by its address and wait until it is shown."""
        self.page.evaluate("view => { window.location.hash = `#/${view}`; }", view)
        shown = view if "/" in view else f"{view}/"
        self.page.wait_for_selector(f'main[data-shown="{shown}"]')

    def focused(self) -> str:
        """Return what the element with the focus says, and where it leads."""
        return self.page.evaluate(
            "() => `${document.activeElement.tagName} ${document.activeElement.textContent} "
            "${document.activeElement.getAttribute('href') || ''}`"
        )

    def tab_to(self, pattern: str, *, most: int = 400) -> str:
        """Press Tab until what has the focus fits `pattern`."""
        for _ in range(most):
            self.page.keyboard.press("Tab")
            said = self.focused()
            if re.search(pattern, said, re.DOTALL):
                visible = "() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle; }"
                assert self.page.evaluate(visible) != "none", f"no focus is to be seen on {said}"
                return said
        raise AssertionError(f"{pattern} cannot be reached with Tab")

    def follow(self, pattern: str, heading: str) -> str:
        """Tab to a link, press Enter, and wait for the page with that heading; the heading then has the focus."""
        said = self.tab_to(pattern)
        self.page.keyboard.press("Enter")
        self.page.wait_for_function("text => document.querySelector('h1')?.textContent.includes(text)", arg=heading)
        self.page.wait_for_function("() => document.activeElement.tagName === 'H1'")
        return said


@pytest.fixture(scope="module")
def written(finished: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The report of the small finished run, and the run's summary."""
    project, summary = finished
    file = tmp_path_factory.mktemp("report") / "report.html"
    made = project.json("report", summary["run"], "--out", str(file))
    assert made["bytes"] == file.stat().st_size < 15_000_000
    return file, summary


def _carried_out(*arguments: Any) -> Any:
    """Return a finished synthetic run. It is made in a thread: the browser's loop runs in this one."""
    import report

    def make() -> Any:
        run = report.synthetic(*arguments)
        run.archive.close()
        return run

    with ThreadPoolExecutor(1) as thread:
        run = thread.submit(make).result()
    return replace(run, archive=RunArchive(run.folder))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Path]]:
    """A synthetic run with replaced judges, and its report."""
    import report

    from rqgm.report.pages.data import Pages
    from rqgm.report.pages.html import report as write

    folder = tmp_path_factory.mktemp("large")
    (folder / LOCK_FILE).write_text("{}")
    size = report.Size(nodes=200, outcomes=500, first=60, tasks=12, anchors=40)
    run = _carried_out(folder, size, World(tasks=12, anchors=40, rejected=0.1, share=0.5, seed=3), report.CodeWorker)
    file = folder / "report.html"
    file.write_text(write(Pages(run)).html)
    yield run, file
    run.archive.close()


@pytest.mark.slow
def test_the_walk_from_the_report_to_the_judges_record_by_keyboard_alone(browser, large):
    """Open the report → the winner → its path → one edit's diff → the judge that scored it → its anchor record."""
    run, file = large
    winner = run.state.endpoints["generalist"]["node"]
    path = run.state.path(winner)
    assert len(path) > 2
    watched = Watched(browser)
    watched.open(file.as_uri())
    watched.follow(rf"^A #{winner} #/node/{winner}$", f"Node #{winner}")
    steps = watched.page.locator("section:has(> h2:text-is('Path to the seed')) li").all_inner_texts()
    assert [int(re.search(r"#(\d+)", step)[1]) for step in steps] == path[::-1]
    edit = path[1]
    watched.follow(rf"^A #{edit} #/node/{edit}$", f"Node #{edit}")
    watched.tab_to(r"^SUMMARY quality\.json")
    shown = watched.page.locator('.diff[aria-label="Diff of quality.json"]').inner_text()
    assert re.search(r"-\s*\{\"coder\"", shown)
    assert re.search(r"\+\s*\{\"coder\"", shown)
    said = watched.follow(r"^A reviewer of #\d+ #/judge/", "Judge: reviewer of #")
    judge = int(re.search(r"of #(\d+)", said)[1])
    record = watched.page.locator("section:has(> h2:text-is('Anchor record')) tbody tr").all_inner_texts()
    digest = run.state.nodes[judge].roles["reviewer"]
    known = [
        r
        for r in run.state.records.values()
        if r.role == "reviewer" and run.state.nodes[r.node].roles["reviewer"] == digest
    ]
    assert len(record) == len(known) > 0
    for row, told in zip(record, known, strict=True):
        assert told.task in row
        assert ("✓ right" if told.y else "✗ wrong") in row
    wrong = sum(not r.y for r in known)
    watched.tab_to("INPUT")
    watched.page.keyboard.press("Space")
    assert watched.page.locator("section:has(> h2:text-is('Anchor record')) tbody tr").count() == wrong
    assert watched.wrong == []


def test_a_real_run_tells_what_its_summary_tells(browser, written):
    """The small `repair` run: its figures, every view without an error, and nothing fetched."""
    file, summary = written
    watched = Watched(browser)
    watched.open(file.as_uri())
    words = watched.page.locator(".verdict").inner_text()
    winner = summary["endpoints"]["generalist"]["index"]
    assert f"node #{winner}" in words
    if winner and summary["gain"]["interval"][0] <= 0:
        assert "not clear of zero" in words
        assert "does not show" in words
    test = summary["seed_test"]
    assert f"{test['passed']}/{test['total']} = " in watched.page.locator("table").first.inner_text()
    for view in ("tree", "progress", "judges", "tasks", "cost", "transcripts", "signs", f"node/{winner}", ""):
        watched.show(view)
        assert watched.page.locator("main .wrong").count() == 0
    watched.show("node/1")
    assert watched.page.locator(".diff").count() + watched.page.locator("details[data-key^='diff']").count() > 0
    assert watched.wrong == []


def test_the_tree_is_walked_with_arrows_and_a_node_found_with_a_slash(browser, large):
    """The ARIA tree pattern: one stop for Tab, arrows fold and walk, levels and states are told; then the search."""
    run, file = large
    watched = Watched(browser)
    watched.open(file.as_uri() + "#/tree")
    tree = watched.page.locator('[role="tree"]')
    assert tree.locator('[tabindex="0"]').count() == 1
    folded = tree.locator('[role="treeitem"]').count()
    assert folded < len(run.state.nodes)  # of two hundred nodes not all are unfolded
    for item in tree.locator('[role="treeitem"]').all()[:40]:
        index = int(item.get_attribute("data-index"))
        assert int(item.get_attribute("aria-level")) == run.state.depth(index) + 1
    watched.tab_to(r"^DIV .*#0", most=30)
    press = watched.page.keyboard.press
    at = "() => Number(document.activeElement.dataset.index)"
    press("ArrowRight")
    assert watched.page.evaluate(at) == run.state.nodes[0].children[0]
    press("ArrowLeft")
    assert watched.page.evaluate(at) == 0
    press("ArrowLeft")
    assert tree.locator('[role="treeitem"]').count() == 1
    assert tree.locator('[data-index="0"]').get_attribute("aria-expanded") == "false"
    press("ArrowRight")
    press("End")
    assert watched.page.evaluate(at) == run.state.nodes[0].children[-1]
    press("Home")
    press("ArrowDown")
    press("Enter")
    watched.page.wait_for_selector(f"h1:has-text('Node #{run.state.nodes[0].children[0]}')")
    press("/")
    watched.page.wait_for_function("() => document.activeElement.id === 'search'")
    watched.page.keyboard.type(run.state.nodes[7].commit[:7])
    press("Enter")
    watched.page.wait_for_selector("h1:text-is('Node #7')")
    watched.show("tree")
    watched.page.get_by_role("button", name="Unfold all").click()
    assert tree.locator('[role="treeitem"]').count() == len(run.state.nodes)
    assert watched.wrong == []


def test_colours_follow_the_system_and_the_switch_and_a_phone_need_not_scroll_sideways(browser, large):
    """Dark by the system's wish or the switch; charts have words and a table; a narrow page is no wider than it is."""
    _, file = large
    page = browser.new_page(color_scheme="dark", viewport={"width": 390, "height": 800})
    page.set_default_timeout(WAIT_MS)
    page.goto(file.as_uri() + "#/progress")
    page.wait_for_selector("html[data-ready]")
    ground = "() => getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(20, 24, 29)"
    page.get_by_role("button", name="Switch to light colours").click()
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    said = page.locator(".chart").first.get_attribute("aria-label")
    assert said.startswith("Best belief over outcomes. The generalist's best belief begins at")
    page.get_by_text("As a table").first.click()
    page.locator("figure table tbody tr").nth(50).wait_for()
    for view in ("", "tree", "judges", "node/5", "tasks", "cost"):
        page.evaluate("view => { window.location.hash = `#/${view}`; }", view)
        page.wait_for_selector(f'main[data-shown="{view if "/" in view else view + "/"}"]')
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, view
    page.close()


# ---------------------------------------------------------------------- hostile text

RUN = "window.__ran = (window.__ran || 0) + 1; fetch('https://evil.invalid/')"
HOSTILE = [
    f"</script><script>{RUN}</script>",
    f"</SCRIPT ><script>{RUN}</script>",
    f"<!--<script>{RUN}</script>-->",
    f"]]><script>{RUN}</script>",
    f"<script type=module>{RUN}</script>",
    f'<img src=x onerror="{RUN}">',
    f"<img src=https://evil.invalid/x.png onload='{RUN}'>",
    f"<svg onload=\"{RUN}\"><animate onbegin='{RUN}' attributeName=x></svg>",
    f"<svg><script>{RUN}</script></svg>",
    f"<math><mtext><img src onerror='{RUN}'></mtext></math>",
    '<iframe src="https://evil.invalid/"></iframe>',
    f'<iframe srcdoc="<script>parent.{RUN}</script>"></iframe>',
    f"<object data='javascript:{RUN}'></object>",
    "<embed src=https://evil.invalid/>",
    '<link rel=stylesheet href="https://evil.invalid/x.css">',
    '<meta http-equiv=refresh content="0;url=https://evil.invalid/">',
    '<base href="https://evil.invalid/">',
    f"<a href='javascript:{RUN}'>click</a>",
    f"javascript:{RUN}",
    f"#/node/1' onclick='{RUN}",
    f'" autofocus onfocus="{RUN}" x="',
    f"' onmouseover='{RUN}' y='",
    f'<details open ontoggle="{RUN}"><summary>x</summary></details>',
    f'<input autofocus onfocus="{RUN}">',
    f"<body onload={RUN!r}>",
    f"<form action=https://evil.invalid/><button formaction='javascript:{RUN}'>go</button></form>",
    "</style><style>@import 'https://evil.invalid/x.css'; * { background: url(https://evil.invalid/b) }</style>",
    "x; background: url(https://evil.invalid/c); } body { display: none",
    f"line\u2028separator\u2029{RUN}",
    f"`${{{RUN}}}`",
    "{{constructor.constructor('window.__ran = 1')()}}",
    "${7*7} #{7*7} {% 7*7 %} <%= 7*7 %>",
    "{a|rich} {b} {@[1]} {c0}",
    "\\u003cscript\\u003ewindow.__ran=1\\u003c/script\\u003e",
    "&lt;script&gt;window.__ran=1&lt;/script&gt;",
    "&#x3c;script&#x3e;window.__ran=1&#x3c;/script&#x3e;",
    "__proto__",
    "constructor",
    "hasOwnProperty toString valueOf",
    "\x00\x1b]0;title\x07\u202eright to left\u2066",
    "<template shadowrootmode=open><script>window.__ran=1</script></template>",
    "\U000e0001 \ufeff <scr\x00ipt>window.__ran=1</scr\x00ipt>",
]  # fmt: skip


OPEN_ALL = """() => {
  const folds = [...document.querySelectorAll("details")];
  folds.forEach((fold) => { fold.open = true; });
  return folds.every((fold) => fold.dataset.filled);
}"""


class HostileWorld(World):
    """A world whose task and item names are hostile text."""

    def criterion(self) -> Any:
        found = super().criterion()
        roles = []
        for role in found.roles:
            tasks = {pool: tuple(_hostile_name(name) for name in names) for pool, names in role.tasks.items()}
            truths = {_hostile_name(name): replace(truth, cluster=name) for name, truth in role.truths.items()}
            roles.append(replace(role, tasks=tasks, truths=truths))
        return replace(found, roles=tuple(roles))


def _hostile_name(name: str) -> str:
    return f"{HOSTILE[int(name[-4:]) % len(HOSTILE)]}-{name[-4:]}"


class HostileWorker(SyntheticWorker):
    """Writes hostile text wherever an agent may write any."""

    async def expand(self, job: Any) -> dict[str, Any]:
        result = await super().expand(job)
        word = HOSTILE[job.n % len(HOSTILE)]
        notes = {text: text for text in HOSTILE}
        train = {"key": f"{job.n}", "role": "coder", "task": word, "y": 1, "score": 0.5, "failure": None}
        train |= {"detail": word, "artifact": None, "verdict": None, "notes": notes}
        result |= {"tried": word.replace("\x00", " "), "why": "\n".join(HOSTILE), "train": [train]}
        if result["tree"] is None:
            return result | {"detail": word}
        tree = self.archive.blobs.get_tree(result["tree"])
        lines = "\n".join(f"{text} {job.n}" for text in HOSTILE)
        tree |= {f"{k} <img src=x onerror=alert({k})>.py": File(lines.encode()) for k in (1, job.n)}
        tree["'; __ran=1; '\".txt"] = File(lines.encode("utf-16", "surrogatepass"))
        return result | {"tree": self.archive.blobs.put_tree(tree)}

    async def validate(self, job: Any) -> dict[str, Any]:
        result = await super().validate(job)
        word = HOSTILE[job.n % len(HOSTILE)]
        for opinion in result.get("opinions", []):
            entry = {
                "standing": "not-held",
                "reason": word,
                "claim": word,
                "place": "artifact",
                "file": word,
                "line": 3,
            }
            opinion["evidence"] = [
                entry | {"quote": word},
                {"standing": "held", "reason": "", "claim": word, "command": word},
            ]
        result["criteria"] = [{"id": word, "result": "met", "by": word, "reason": word, "weight": 1.0}]
        return result | {"detail": word}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The pages of a run in which every text is hostile, recorded calls to models among them."""
    import report

    from rqgm.gateway.calls import Call, Calls
    from rqgm.report.pages.data import Pages

    folder = tmp_path_factory.mktemp("hostile")
    (folder / LOCK_FILE).write_text("{}")
    world = HostileWorld(tasks=42, anchors=42, rejected=0.2, share=0.5, seed=3)
    size = report.Size(nodes=50, outcomes=260, first=60)
    run = _carried_out(folder, size, world, HostileWorker)
    calls = Calls(folder)
    for word in HOSTILE:
        text = calls.put(word.encode("utf-8", "surrogatepass"))
        call = Call(word, word, 0, "chat", word, "0", text, text, 200, word, {"input": 1, "output": 1}, True, 0.1, word, 1, 0.1)  # fmt: skip
        calls.settle(None, call)
    calls.close()
    yield Pages(run)
    run.archive.close()


@pytest.mark.slow
def test_no_hostile_text_runs_or_reaches_the_network(browser, hostile, tmp_path):
    """Every view of the hostile run, with every fold opened: no script ran, nothing was asked for, all is still text."""
    from rqgm.report.pages.html import report

    file = tmp_path / "hostile.html"
    file.write_text(report(hostile).html)
    watched = Watched(browser)
    watched.open(file.as_uri())
    nodes = hostile.head["nodes"]
    judge = next(j for j in hostile.head["judges"] if j["counts"]["anchor"]["judged"] > 5)
    views = [
        "",
        "tree",
        "progress",
        "judges",
        "tasks",
        "cost",
        "transcripts",
        "signs",
        f"judge/reviewer/{judge['hash'][:12]}",
    ]
    views += [f"node/{index}" for index in range(0, len(nodes), 3)]
    seen: set[str] = set()
    for view in views:
        watched.show(view)
        watched.page.wait_for_function(OPEN_ALL)
        watched.page.wait_for_timeout(60)
        text = watched.page.locator("main").evaluate("(main) => main.textContent")
        seen |= {word for word in HOSTILE if _kept(word) in text}
        stray = "main script, main iframe, main object, main embed, main img, main style, main link, main meta, main base, main form"
        assert watched.page.locator(stray).count() == 0
        on = "() => [...document.querySelectorAll('main *')].filter((e) => [...e.attributes].some((a) => a.name.startsWith('on'))).length"
        assert watched.page.evaluate(on) == 0
    watched.page.keyboard.press("/")
    watched.page.keyboard.type("script")
    assert watched.page.locator("[role=option]").count() > 0
    watched.page.locator("main").hover()
    assert watched.page.evaluate("() => window.__ran") is None
    assert watched.wrong == []
    assert seen == set(HOSTILE), "these were not shown at all, so nothing was tried with them"


def _kept(word: str) -> str:
    from rqgm.core.text import clean

    return clean(word, 4_000)


def test_the_policy_stops_what_would_get_through_the_first_wall(browser, large, tmp_path):
    """Were there a hole in our own code, the page's policy would still hold: no markup, no inline script, no fetch."""
    _, file = large
    page = browser.new_page()
    page.set_default_timeout(WAIT_MS)
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-ready]")
    markup = (
        "() => { try { document.body.innerHTML = '<b>x</b>'; return 'made'; } catch (error) { return error.name; } }"
    )
    assert page.evaluate(markup) == "TypeError"
    inline = "() => { const s = document.createElement('script'); s.append('window.__ran = 1'); document.body.append(s); return window.__ran; }"
    assert page.evaluate(f"() => {{ try {{ return ({inline})(); }} catch (error) {{ return null; }} }}") is None
    asked = "async () => { try { await fetch('https://evil.invalid/'); return 'sent'; } catch (error) { return error.name; } }"
    assert page.evaluate(asked) == "TypeError"
    page.close()


# ---------------------------------------------------------------------- live


@pytest.fixture
def started() -> Iterator[list[Any]]:
    """Processes that a test starts, which end with it however it ends."""
    found: list[Any] = []
    yield found
    for process in found:
        if process.poll() is None:
            process.kill()
            process.communicate()


def _address(viewing: Any) -> str:
    """Return where a server that was started can be reached."""
    line = viewing.stdout.readline()
    assert line.startswith("http://127.0.0.1:"), viewing.communicate(timeout=20)
    return line.split()[0]


@pytest.mark.slow
def test_view_goes_along_with_a_run_and_keeps_the_readers_place(browser, project, started):
    """The page grows while the run does, the focus stays, the run is not disturbed, and Ctrl-C ends it with 0."""
    running = project.start("run", "--out", "going", "--sandbox", "process", "--workers", "1", "--json")
    started.append(running)
    deadline = time.monotonic() + 120
    while project.events("going") < 8:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    viewing = project.start("view", "going", "--port", "0", "--no-open")
    started.append(viewing)
    address = _address(viewing)
    watched = Watched(browser, (address, "data:"))
    watched.open(f"{address}#/tree")
    before = watched.page.locator('[role="treeitem"]').count()
    watched.page.locator('[role="treeitem"]').first.focus()
    status = watched.page.locator(".status")
    watched.page.wait_for_function(
        "before => document.querySelectorAll('[role=treeitem]').length > before", arg=before, timeout=180_000
    )
    assert watched.page.evaluate("() => document.activeElement.dataset.index") == "0"
    out, error = running.communicate(timeout=300)
    assert running.returncode == 0, error
    watched.page.wait_for_function(
        "() => document.querySelector('.status').textContent === 'This run is over.'", timeout=60_000
    )
    assert status.inner_text() == "This run is over."
    watched.show("")
    assert "winner" in watched.page.locator(".verdict").inner_text()
    assert watched.wrong == []
    viewing.send_signal(signal.SIGINT)
    _, error = viewing.communicate(timeout=20)
    assert (viewing.returncode, error) == (0, "")
    same = project.json("run", "--out", "alone", "--sandbox", "process", "--workers", "1")
    assert f'"lineage_head": "{same["lineage_head"]}"' in out


@pytest.mark.slow
def test_view_shows_runs_side_by_side_and_refuses_a_port_that_is_taken(browser, finished, started):
    """Two runs on one page, each a link away; a second server on the port says which one is free."""
    project, summary = finished
    shutil.copytree(project.folder / "archive" / "runs" / summary["run"], project.folder / "copy", dirs_exist_ok=True)
    viewing = project.start("view", summary["run"], "copy", "--port", "0", "--no-open")
    started.append(viewing)
    address = _address(viewing)
    port = address.rstrip("/").rpartition(":")[2]
    watched = Watched(browser, (address, "data:"))
    watched.open(f"{address}#/r1/compare")
    watched.page.wait_for_selector("h1:text-is('Compare')")
    rows = watched.page.locator("table").first.locator("tbody tr").all_inner_texts()
    assert len(rows) == 2
    assert all(f"{summary['outcomes']}/{summary['budget_outcomes']}" in row for row in rows)
    watched.page.locator("table").first.locator("tbody a").first.click()
    watched.page.wait_for_selector(".verdict")
    assert watched.wrong == []
    refused = project.rqgm("view", "copy", "--port", port, "--no-open")
    assert refused.returncode == 2
    assert re.search(rf"--port {port}: .*; --port \d+ is free", refused.stderr)
    viewing.send_signal(signal.SIGINT)
    viewing.communicate(timeout=20)
    assert viewing.returncode == 0


def test_report_refuses_what_would_spoil_the_record(finished, tmp_path):
    """A file inside the run's folder, or a folder, is refused with the remedy."""
    project, summary = finished
    inside = f"archive/runs/{summary['run']}/report.html"
    for out, word in (
        (inside, "write it elsewhere"),
        (str(tmp_path), "name a file in it"),
        ("no/such/x.html", "name another"),
    ):
        done = project.rqgm("report", summary["run"], "--out", out)
        assert done.returncode == 2
        assert word in done.stderr
    assert not (project.folder / inside).exists()

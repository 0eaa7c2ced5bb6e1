// The page: which view is shown, the search, the switch for dark mode, and news while a run goes on.

const VIEWS = {
  "": ["Summary", summaryView],
  tree: ["Lineage", lineageView],
  progress: ["Progress", progressView],
  judges: ["Judges", judgesView],
  tasks: ["Tasks", tasksView],
  cost: ["Cost", costView],
  transcripts: ["Transcripts", transcriptsView],
  signs: ["Signs", signsView],
  compare: ["Compare", compareView],
  node: [null, nodeView],
  judge: [null, judgeView],
};
const several = live && config.runs.length > 1;
const afterwards = [];

/** Do something once the view stands in the document. */
function later(action) {
  afterwards.push(action);
}

/** The address of a view, within the run that is shown. */
const link = (path) => (several ? `#/r${current.run}/${path}` : `#/${path}`);

function go(path) {
  window.location.hash = link(path).slice(1);
}

function address() {
  const steps = decodeURIComponent(window.location.hash.replace(/^#\/?/, "")).split("/");
  const run = several && /^r\d+$/.test(steps[0]) ? Number(steps.shift().slice(1)) : 0;
  return { run: run < (live ? config.runs.length : 1) ? run : 0, name: steps[0] || "", args: steps.slice(1) };
}

const main = h("main", { id: "main", tabindex: -1 });
const status = h("p", { class: "status", role: "status" });
const nav = h("nav", { "aria-label": "Views" });
let turn = 0;

/** Show what the address names. `news`: the same view with new data; the reader's place is kept. */
async function show({ news = false, moved = false } = {}) {
  turn += 1;
  const mine = turn;
  const { run, name, args } = address();
  if (!current.head || run !== current.run) current = { run, head: await loadHead(run), parts: new Map() };
  const [, view] = VIEWS[name] || [null, unknownView];
  const fresh = h("div");
  const before = [...shown];
  let title;
  try {
    title = await view(fresh, args);
  } catch (error) {
    fresh.replaceChildren(h("p", { class: "wrong" }, String(error.message)));
    title = "Not found";
  }
  if (mine !== turn) return; // something newer is being shown
  fresh.prepend(h("h1", { tabindex: -1 }, title));
  const place = news ? placeOf() : null;
  fillNav(name);
  main.replaceChildren(fresh);
  dropCharts(shown.filter((one) => !before.includes(one)));
  document.title = `${title} · ${current.head.summary.run}`;
  afterwards.splice(0).forEach((action) => action());
  if (place) goBackTo(place);
  else if (moved) {
    window.scrollTo(0, 0);
    fresh.querySelector("h1").focus({ preventScroll: true });
  }
  main.dataset.shown = `${name}/${args.join("/")}`;
}

function unknownView(root) {
  append(root, [h("p", null, "There is no such page. "), h("a", { href: link("") }, "Summary")]);
  return "Not found";
}

// ------------------------------------------------------------------ the reader's place

const STOPS = "a[href], button, input, select, summary, [tabindex]";
const keyOf = (element) => element.dataset.key || element.dataset.index || element.getAttribute("href") || element.textContent.slice(0, 80);

function placeOf() {
  const stops = [...main.querySelectorAll(STOPS)];
  const active = stops.indexOf(document.activeElement);
  const same = active >= 0 ? stops.filter((s) => keyOf(s) === keyOf(stops[active])).indexOf(stops[active]) : -1;
  return {
    folds: [...main.querySelectorAll("details[data-key]")].map((d) => [d.dataset.key, d.open]),
    boxes: [...main.querySelectorAll(".scroll, .tree")].map((box) => [box.scrollLeft, box.scrollTop]),
    key: active >= 0 ? keyOf(stops[active]) : null,
    same,
    top: window.scrollY,
  };
}

function goBackTo({ folds, boxes, key, same, top }) {
  const open = new Map(folds);
  main.querySelectorAll("details[data-key]").forEach((d) => open.has(d.dataset.key) && (d.open = open.get(d.dataset.key)));
  main.querySelectorAll(".scroll, .tree").forEach((box, i) => boxes[i] && box.scrollTo(...boxes[i]));
  if (key !== null) {
    const alike = [...main.querySelectorAll(STOPS)].filter((s) => keyOf(s) === key);
    if (alike.length) alike[Math.min(same, alike.length - 1)].focus({ preventScroll: true });
  }
  window.scrollTo(0, top);
}

// ------------------------------------------------------------------ head of the page

function fillNav(name) {
  const parent = { node: "tree", judge: "judges" }[name] || name;
  const entries = Object.entries(VIEWS).filter(([key, [text]]) => text && (key !== "compare" || several));
  nav.replaceChildren(
    h("ul", null, entries.map(([key, [text]]) => h("li", null, h("a", { href: link(key), "aria-current": key === parent ? "page" : null }, text)))),
  ); // prettier-ignore
}

function runPicker() {
  if (!several) return h("span", { class: "run" }, current.head.summary.run);
  const pick = (event) => (window.location.hash = `/r${event.target.value}/`);
  const made = h("select", { "aria-label": "Run", onchange: pick }, config.runs.map((run, i) => h("option", { value: i }, run.name)));
  window.addEventListener("hashchange", () => (made.value = String(address().run)));
  made.value = String(current.run);
  return made;
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
}

function themeSwitch() {
  const made = h("button", { type: "button", class: "theme" });
  const name = () => {
    made.textContent = isDark() ? "Light" : "Dark";
    made.setAttribute("aria-label", `Switch to ${isDark() ? "light" : "dark"} colours`);
    redrawCharts();
  };
  made.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    name();
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", name);
  name();
  return made;
}

// ------------------------------------------------------------------ search

const MOST_HITS = 12;

/** Nodes by number, commit prefix, endpoint or words of their note. */
function search(text) {
  const wanted = text.trim().toLowerCase().replace(/^#/, "");
  if (!wanted) return [];
  const { nodes, endpoints } = current.head;
  const exact = [...Object.entries(endpoints).filter(([name]) => name.startsWith(wanted)).map(([, i]) => i)];
  if (wanted === "seed") exact.push(0);
  if (/^\d+$/.test(wanted) && Number(wanted) < nodes.length) exact.push(Number(wanted));
  const found = nodes.flatMap((node, i) => (node.commit.startsWith(wanted) || node.tried.toLowerCase().includes(wanted) ? [i] : []));
  return [...new Set([...exact, ...found])].slice(0, MOST_HITS);
}

function searchBox() {
  const list = h("ul", { role: "listbox", id: "hits", "aria-label": "Nodes found", hidden: true });
  const input = h("input", {
    type: "search", id: "search", role: "combobox", autocomplete: "off", spellcheck: "false", placeholder: "Find a node ( / )",
    "aria-label": "Find a node by number, commit, endpoint or words of its edit", "aria-controls": "hits", "aria-expanded": "false", "aria-autocomplete": "list",
  }); // prettier-ignore
  let hits = [];
  let at = -1;
  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const open = (index) => {
    close();
    input.value = "";
    go(`node/${index}`);
  };
  const mark = (next) => {
    at = next;
    [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === at)));
    if (at >= 0) input.setAttribute("aria-activedescendant", list.children[at].id);
  };
  input.addEventListener("input", () => {
    hits = search(input.value);
    list.replaceChildren(
      ...hits.map((index, i) => {
        const node = current.head.nodes[index];
        const item = h("li", { role: "option", id: `hit-${i}`, "aria-selected": "false" }, h("b", null, `#${index} `), `${short(node.commit)} `, node.tried);
        item.addEventListener("mousedown", (event) => {
          event.preventDefault();
          open(index);
        });
        return item;
      }),
    );
    list.hidden = !hits.length;
    input.setAttribute("aria-expanded", String(hits.length > 0));
    mark(hits.length ? 0 : -1);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      close();
      input.value = "";
      main.focus();
    } else if (event.key === "Enter" && at >= 0 && hits.length) open(hits[at]);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (hits.length) mark((at + (event.key === "ArrowDown" ? 1 : hits.length - 1)) % hits.length);
    }
  });
  input.addEventListener("blur", close);
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest && event.target.closest("input, select, textarea");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      input.focus();
    }
  });
  return h("div", { class: "search" }, input, list);
}

// ------------------------------------------------------------------ the start

function tellStatus() {
  const { summary } = current.head;
  if (!live && !summary.finished) status.textContent = "This run was not over when this file was made.";
  else if (live) status.textContent = summary.finished ? "This run is over." : `Live: ${summary.outcomes} of ${summary.budget_outcomes} outcomes, ${summary.nodes} nodes.`;
}

async function start() {
  current = { run: address().run, head: await loadHead(address().run), parts: new Map() };
  const skip = h("a", { class: "skip", href: "#main" }, "Skip to the content");
  skip.addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  document.body.prepend(
    skip,
    h("header", null, h("div", { class: "top" }, h("span", { class: "brand" }, "rqgm"), runPicker(), searchBox(), themeSwitch()), nav, status),
    main,
    h("footer", null, h("p", null, "Keys: / finds a node · arrow keys walk the tree · Tab and Enter follow links.", config.without_diffs ? ` To keep this file small, the diffs of ${config.without_diffs} nodes and what was said of them are left out.` : "", " Charts by Apache ECharts 6.1.0 (Apache-2.0).")),
  ); // prettier-ignore
  tellStatus();
  await show();
  window.addEventListener("hashchange", () => show({ moved: true }).then(tellStatus));
  if (live) {
    follow(
      async (run, version) => {
        const relevant = run === current.run || address().name === "compare";
        if (!relevant || (run === current.run && version <= current.head.version)) return;
        const head = await loadHead(current.run);
        current = { run: current.run, head, parts: new Map() };
        tellStatus();
        await show({ news: true });
      },
      (lost) => (lost ? (status.textContent = "The server does not answer; what is shown may be old.") : tellStatus()),
    );
  }
  document.documentElement.dataset.ready = "yes";
}

start().catch((error) => {
  document.body.prepend(h("p", { class: "wrong" }, `This page cannot be shown: ${error.message}`));
});

// The tree of nodes: a WAI-ARIA tree. Arrow keys walk and fold, Home and End jump, Enter opens, * unfolds siblings.

const OPEN_AT_FIRST = 120;
const trees = new Map(); // what is unfolded and where the reader is, by run

function treeMemory() {
  if (!trees.has(current.run)) {
    const { nodes } = current.head;
    trees.set(current.run, { open: nodes.length <= OPEN_AT_FIRST ? new Set(nodes.keys()) : endPaths(), at: 0 });
  }
  return trees.get(current.run);
}

function childrenOf() {
  const children = current.head.nodes.map(() => []);
  current.head.nodes.forEach((node, i) => node.parent !== null && children[node.parent].push(i));
  return children;
}

/** How many nodes descend from each. */
function descendants(children) {
  const sizes = children.map(() => 0);
  for (let i = children.length - 1; i > 0; i -= 1) sizes[current.head.nodes[i].parent] += sizes[i] + 1;
  return sizes;
}

/** The tree; `wanted(index)` chooses nodes, whose ancestors are shown with them. */
function treeView(wanted) {
  const memory = treeMemory();
  const children = childrenOf();
  const sizes = descendants(children);
  const kept = keptNodes(wanted);
  const list = h("div", { role: "tree", "aria-label": "Lineage", class: "tree", "aria-multiselectable": "false" });
  let rows = [];

  const visible = (index) => !kept || kept.has(index);
  const unfolded = (index) => (kept ? true : memory.open.has(index));

  function fill(focus) {
    rows = [];
    const stack = [[0, 1, 1, 1]];
    while (stack.length) {
      const [index, level, place, of] = stack.pop();
      rows.push({ index, level, place, of });
      if (!unfolded(index)) continue;
      const shownChildren = children[index].filter(visible);
      shownChildren.forEach((_, k) => {
        const at = shownChildren.length - 1 - k;
        stack.push([shownChildren[at], level + 1, at + 1, shownChildren.length]);
      });
    }
    if (!rows.some((row) => row.index === memory.at)) memory.at = 0;
    list.replaceChildren(...rows.map(treeItem));
    if (focus) focusOn(memory.at);
  }

  function treeItem({ index, level, place, of }) {
    const node = current.head.nodes[index];
    const inner = children[index].filter(visible).length > 0;
    const open = unfolded(index);
    const item = h(
      "div",
      {
        role: "treeitem", class: "row", "data-index": index, tabindex: index === memory.at ? 0 : -1,
        "aria-level": level, "aria-posinset": place, "aria-setsize": of,
        "aria-expanded": inner ? String(open) : null, "aria-selected": String(index === memory.at),
      },
      h("span", { class: "twig", "aria-hidden": "true" }, inner ? (open ? "▾" : "▸") : ""),
      h("span", { class: "number" }, `#${index}`),
      beliefBar(node.belief),
      marksOf(index).map((mark) => h("span", { class: "mark" }, mark)),
      h("span", { class: "tried" }, node.tried || "no note"),
      inner && !open && h("span", { class: "soft" }, `${count(sizes[index], "node")} below`),
      h("span", { class: "epoch", title: "epoch" }, `epoch ${node.epoch}`),
    ); // prettier-ignore
    item.style.paddingInlineStart = `${0.5 + 1.1 * Math.min(level - 1, 24)}rem`;
    return item;
  }

  function beliefBar(belief) {
    return h(
      "span",
      { class: "belief" },
      svg(
        "svg",
        { viewBox: "0 0 50 10", width: 50, height: 10, "aria-hidden": "true", focusable: "false" },
        svg("rect", { class: "track", width: 50, height: 10 }),
        svg("rect", { class: "fill", width: 50 * belief, height: 10 }),
      ),
      h("span", { class: "unseen" }, "best belief "),
      belief.toFixed(3),
    );
  }

  function focusOn(index) {
    const old = list.querySelector('[tabindex="0"]');
    if (old) {
      old.tabIndex = -1;
      old.setAttribute("aria-selected", "false");
    }
    memory.at = index;
    const item = list.querySelector(`[data-index="${index}"]`);
    item.tabIndex = 0;
    item.setAttribute("aria-selected", "true");
    item.focus();
  }

  function toggle(index, open) {
    if (open) memory.open.add(index);
    else memory.open.delete(index);
    memory.at = index;
    fill(true);
  }

  list.addEventListener("click", (event) => {
    const item = event.target.closest('[role="treeitem"]');
    if (!item) return;
    const index = Number(item.dataset.index);
    if (event.target.closest(".twig") && item.hasAttribute("aria-expanded")) toggle(index, !memory.open.has(index));
    else go(`node/${index}`);
  });

  list.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = rows.findIndex((row) => row.index === memory.at);
    const { index } = rows[at];
    const inner = children[index].filter(visible);
    const steps = {
      ArrowDown: () => at + 1 < rows.length && focusOn(rows[at + 1].index),
      ArrowUp: () => at > 0 && focusOn(rows[at - 1].index),
      Home: () => focusOn(rows[0].index),
      End: () => focusOn(rows[rows.length - 1].index),
      ArrowRight: () => inner.length && (unfolded(index) ? focusOn(inner[0]) : toggle(index, true)),
      ArrowLeft: () => {
        if (inner.length && unfolded(index) && !kept) toggle(index, false);
        else if (current.head.nodes[index].parent !== null) focusOn(current.head.nodes[index].parent);
      },
      Enter: () => go(`node/${index}`),
      " ": () => go(`node/${index}`),
      "*": () => {
        const parent = current.head.nodes[index].parent;
        (parent === null ? [index] : children[parent]).forEach((other) => memory.open.add(other));
        fill(true);
      },
    };
    if (!(event.key in steps)) return;
    event.preventDefault();
    steps[event.key]();
  });

  fill(false);
  return {
    element: list,
    openAll: () => {
      current.head.nodes.forEach((_, i) => memory.open.add(i));
      fill(false);
    },
    openNone: () => {
      memory.open = new Set([0]);
      fill(false);
    },
    openEnds: () => {
      memory.open = endPaths();
      fill(false);
    },
    shown: () => rows.length,
  };
}

/** What must be unfolded so that endpoints and seated judges are in sight. */
function endPaths() {
  const ends = [...Object.values(current.head.endpoints), ...Object.values(current.head.seats)];
  return new Set([0, ...ends.flatMap((end) => pathTo(end).slice(0, -1))]);
}

function keptNodes(wanted) {
  if (!wanted) return null;
  const kept = new Set([0]);
  current.head.nodes.forEach((_, i) => wanted(i) && pathTo(i).forEach((step) => kept.add(step)));
  return kept;
}

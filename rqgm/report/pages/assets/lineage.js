// Lineage: the tree to walk through, and the same as a chart over the course of the run.

const lineageChoice = { filter: "all", view: "tree" };
const FILTERS = {
  all: ["all nodes", () => null],
  ends: ["endpoints and judges", () => new Set([...Object.values(current.head.endpoints), ...current.head.sittings.map((s) => s.node)])],
  gained: ["edits with a gain clear of zero", () => gaining((gain) => gain.interval[0] > 0)],
  lost: ["edits with a loss clear of zero", () => gaining((gain) => gain.interval[1] < 0)],
}; // prettier-ignore

function gaining(test) {
  const { nodes } = current.head;
  return new Set(nodes.flatMap((node, i) => (Object.values(node.gain).some((gain) => gain && test(gain)) ? [i] : [])));
}

function lineageView(root) {
  const { nodes, criterion } = current.head;
  const filters = { ...FILTERS };
  for (const { name } of [...criterion.roles, { name: criterion.editor }]) {
    filters[`role ${name}`] = [`edits of ${name}`, () => new Set(nodes.flatMap((n, i) => (n.changed.includes(name) ? [i] : [])))];
  }
  for (let epoch = 0; epoch <= current.head.epochs.length; epoch += 1) {
    filters[`epoch ${epoch}`] = [`made in epoch ${epoch}`, () => new Set(nodes.flatMap((n, i) => (n.epoch === epoch ? [i] : [])))];
  }
  if (!(lineageChoice.filter in filters)) lineageChoice.filter = "all";
  const wanted = filters[lineageChoice.filter][1]();
  const select = h(
    "select",
    { id: freshId("filter"), "data-key": "filter", onchange: (e) => { lineageChoice.filter = e.target.value; show(); } },
    Object.entries(filters).map(([value, [text]]) => h("option", { value, selected: value === lineageChoice.filter }, text)),
  ); // prettier-ignore
  const tree = treeView(wanted && ((i) => wanted.has(i)));
  const said = h("p", { class: "soft", role: "status" }, wanted ? `${count(wanted.size, "node")} chosen, with their ancestors.` : "");
  append(root, [
    h("p", null, `${count(nodes.length, "node")}. Best belief is the ${percent(criterion.epsilon)} quantile of what is believed of a node over all its roles. ★ endpoint, § seated judge.`),
    h(
      "div",
      { class: "bar" },
      h("label", { for: select.id }, "Show "),
      select,
      !wanted && ["Unfold all|openAll", "Fold all|openNone", "Endpoints in sight|openEnds"].map((entry) => {
        const [text, action] = entry.split("|");
        return h("button", { type: "button", "data-key": action, onclick: tree[action] }, text);
      }),
    ),
    said,
    tree.element,
    note("Arrow keys walk and fold, Home and End jump, * unfolds all siblings, Enter opens a node."),
    lineageChart(),
  ]); // prettier-ignore
  return "Lineage";
}

/** Every node where it was made, by best belief, tied to its parent; the winner's path is drawn over the others. */
function lineageChart() {
  const { nodes, endpoints, summary } = current.head;
  const at = (i) => [nodes[i].made, nodes[i].belief];
  const winner = summary.endpoints ? pathTo(summary.endpoints.generalist.index) : [];
  const ties = nodes.flatMap((node, i) => (node.parent === null ? [] : [at(node.parent), at(i), [null, null]]));
  const ends = new Set(Object.values(endpoints));
  const option = (t) => ({
    xAxis: { type: "value", name: "outcomes when made", nameLocation: "middle", nameGap: 26 },
    yAxis: { type: "value", name: "best belief", min: 0, scale: true },
    grid: { left: 8, right: 24, top: 48, bottom: 40, containLabel: true },
    series: [
      { name: "parent to child", type: "line", data: ties, symbol: "none", connectNulls: false, silent: true, lineStyle: { width: 1, color: t.soft, opacity: nodes.length > 300 ? 0.15 : 0.5 } },
      { name: "winner's path", type: "line", data: winner.map(at), symbol: "none", silent: true, lineStyle: { width: 3, color: t.ink } },
      ...[...new Set(nodes.map((n) => n.epoch))].map((epoch, k) => ({
        name: `epoch ${epoch}`, type: "scatter", symbol: SYMBOLS[k % SYMBOLS.length], symbolSize: nodes.length > 300 ? 6 : 9,
        itemStyle: { color: t.colours[k % t.colours.length] },
        data: nodes.flatMap((n, i) => (n.epoch === epoch ? [{ value: [...at(i), i], symbolSize: ends.has(i) ? 18 : undefined }] : [])),
      })),
    ],
    tooltip: { trigger: "item", formatter: (p) => (p.value[2] === undefined ? "" : tip(`#${p.value[2]}  ${nodes[p.value[2]].belief.toFixed(3)}  ${nodes[p.value[2]].tried}`)) },
  }); // prettier-ignore
  return chart({
    title: "Lineage over the run",
    said: `${nodes.length} nodes by the outcome count when they were made and their best belief now; lines lead from parent to child. The tree above has the same nodes.`,
    height: 380,
    option,
    onclick: (event) => event.value && event.value[2] !== undefined && go(`node/${event.value[2]}`),
  }); // prettier-ignore
}

// Progress: best belief over outcomes, with epochs and replacements, and how the order of nodes changed with them.

function progressView(root) {
  append(root, [beliefChart(), section("Order of the nodes", ranksView()), section("Checkpoints", checkpointTable())]);
  return "Progress";
}

function beliefChart() {
  const { samples, summary, criterion } = current.head;
  const names = Object.keys(samples[samples.length - 1].best);
  const replaced = new Map(summary.replacements.map((r) => [r.outcomes, r]));
  const option = (t) => ({
    xAxis: { type: "value", name: "outcomes", nameLocation: "middle", nameGap: 26, max: "dataMax" },
    yAxis: { type: "value", name: "best belief", scale: true },
    grid: { left: 8, right: 24, top: 88, bottom: 40, containLabel: true },
    tooltip: { trigger: "axis" },
    series: names.map((name, k) => ({
      name, type: "line", step: "end", symbol: SYMBOLS[k], showSymbol: false,
      lineStyle: { width: k ? 1.5 : 3, type: DASHES[k % DASHES.length] },
      data: samples.filter((s) => s.best[name]).map((s) => [s.outcomes, s.best[name][1]]),
      markLine: k ? undefined : {
        symbol: "none", silent: true, animation: false,
        label: { color: t.ink, formatter: (p) => tip(p.name) },
        data: current.head.epochs.map((e, i) => ({
          xAxis: e.outcomes,
          name: `epoch ${e.epoch + 1}${replaced.has(e.outcomes) ? " ⇄" : ""}`,
          label: { padding: [0, 0, 14 * (i % 3), 0] }, // neighbours do not cover each other
          lineStyle: { color: replaced.has(e.outcomes) ? t.colours[1] : t.soft, type: replaced.has(e.outcomes) ? "solid" : "dotted", width: replaced.has(e.outcomes) ? 2 : 1 },
        })),
      },
    })),
  }); // prettier-ignore
  const rows = () =>
    table(
      "Best belief",
      [{ name: "outcomes", number: true }, { name: "epoch", number: true }, ...names.map((name) => ({ name }))],
      samples.map((s) => [s.outcomes, s.epoch, ...names.map((n) => (s.best[n] ? [nodeLink(s.best[n][0]), ` ${s.best[n][1].toFixed(3)}`] : "–"))]),
    );
  const [first, last] = [samples[0], samples[samples.length - 1]].map((s) => s.best.generalist[1].toFixed(3));
  return h(
    "div",
    null,
    chart({
      title: "Best belief over outcomes",
      said: `The generalist's best belief begins at ${first} and is now ${last}, over ${count(current.head.epochs.length, "checkpoint")} with ${count(summary.replacements.length, "replacement")}.`,
      height: 360, option, data: rows,
    }),
    note(`Best belief is the ${percent(criterion.epsilon)} quantile of the posterior of the node that would be the endpoint if the run ended there. Where a judge is replaced it can fall: the old judge's verdicts are erased, so less is known for a while. ⇄ and a solid line: a judge was replaced.`),
  ); // prettier-ignore
}

function ranksView() {
  const { ranks } = current.head;
  if (!ranks.length) return note("No epoch has closed yet.");
  const columns = [
    { name: "checkpoint" }, { name: "judge" }, { name: "measured again until" }, { name: "nodes", number: true },
    { name: "Spearman's ρ", number: true }, { name: "Kendall's τ", number: true }, { name: "note", wide: true },
  ]; // prettier-ignore
  const rows = ranks.map((r) => [
    `after ${r.outcomes} outcomes`, r.replaced ? `replaced, ${r.erased} erased` : "stayed", `${r.until} outcomes`, r.n,
    r.spearman === null ? "–" : r.spearman.toFixed(2), r.kendall === null ? "–" : r.kendall.toFixed(2), r.note,
  ]); // prettier-ignore
  return [
    table("Agreement of the nodes' order before each checkpoint with that at the next one (or now)", columns, rows),
    note("1 = the same order, 0 = no relation. Checkpoints where the judge stayed show how much the order moves by more outcomes alone. Nodes that carry equal roles share their outcomes, so n says more than is known."),
    ranks.filter((r) => r.replaced && r.points.length > 1).map(rankChart),
  ]; // prettier-ignore
}

function rankChart(rank) {
  const option = (t) => ({
    legend: { show: false },
    xAxis: { type: "value", name: "score before", nameLocation: "middle", nameGap: 26, scale: true },
    yAxis: { type: "value", name: "score at the next checkpoint", scale: true, nameTextStyle: { color: t.soft, align: "left" } },
    grid: { left: 8, right: 24, top: 40, bottom: 40, containLabel: true },
    tooltip: { trigger: "item", formatter: (p) => tip(`#${p.value[2]}: ${p.value[0]} before, ${p.value[1]} after`) },
    series: [{ type: "scatter", symbolSize: 9, data: rank.points.map(([node, before, after]) => [before, after, node]) }],
  });
  return chart({
    title: `Nodes' scores before and after the replacement at ${rank.outcomes} outcomes`,
    said: `${rank.points.length} nodes; Spearman's ρ ${rank.spearman === null ? "unknown" : rank.spearman.toFixed(2)}.`,
    height: 300,
    option,
    data: () => table("Scores", [{ name: "node" }, { name: "before", number: true }, { name: "after", number: true }], rank.points.map(([n, b, a]) => [nodeLink(n), b.toFixed(3), a.toFixed(3)])),
    onclick: (event) => go(`node/${event.value[2]}`),
  }); // prettier-ignore
}

function checkpointTable() {
  const { summary, criterion } = current.head;
  if (!summary.epochs.length) return note("None yet.");
  const side = (s, role) => (s ? [judgeLink(s.node, role), ` ${plain(s.right)}/${plain(s.judged)} right`] : "none");
  const rows = summary.epochs.flatMap((e) =>
    e.decisions.map((d) => [
      `after ${e.outcomes} outcomes`, d.slot, side(d.incumbent, criterion.slots[d.slot]), side(d.challenger, criterion.slots[d.slot]),
      d.challengers, d.replaced ? "replaced" : "stays", d.reason, d.replaced ? e.erased : 0,
    ]),
  ); // prettier-ignore
  const columns = ["checkpoint", "seat", "incumbent", "challenger"].map((name) => ({ name }));
  return table("What was decided of each seat", [...columns, { name: "candidates", number: true }, { name: "decision" }, { name: "reason", wide: true }, { name: "erased", number: true }], rows);
}

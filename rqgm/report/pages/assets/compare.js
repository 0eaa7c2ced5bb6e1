// Compare: several runs side by side; only where the server shows more than one.

async function compareView(root) {
  const heads = await Promise.all(config.runs.map((_, run) => (run === current.run ? current.head : loadHead(run))));
  const columns = [
    { name: "run" }, { name: "seed", number: true }, { name: "replacement" }, { name: "outcomes", number: true }, { name: "nodes", number: true },
    { name: "replaced", number: true }, { name: "generation zero" }, { name: "generalist" }, { name: "gain, points" }, { name: "best belief now", number: true }, { name: "CPU-s", number: true },
  ]; // prettier-ignore
  const rows = heads.map(({ summary: s, samples }, run) => [
    h("a", { href: `#/r${run}/` }, s.run), s.seed, s.replacement, `${s.outcomes}/${s.budget_outcomes}`, s.nodes, s.replacements.length,
    rateCell(s.seed_test), s.endpoints ? rateCell(s.endpoints.generalist.test) : "not yet", gainCell(s.gain),
    samples[samples.length - 1].best.generalist[1].toFixed(3), s.usage.total.cpu_s.toFixed(0),
  ]); // prettier-ignore
  append(root, [
    table("Runs side by side: test pool of the headline role, 95 % intervals", columns, rows),
    compareChart(heads),
    section("Against their controls", pairsView(await (await fetch("compare.json")).json())),
  ]);
  return "Compare";
}

function compareChart(heads) {
  const option = () => ({
    xAxis: { type: "value", name: "outcomes", nameLocation: "middle", nameGap: 26 },
    yAxis: { type: "value", name: "best belief", scale: true },
    grid: { left: 8, right: 24, top: 56, bottom: 40, containLabel: true },
    tooltip: { trigger: "axis" },
    series: heads.map(({ summary, samples }, k) => ({
      name: tip(`${summary.run} (${k + 1})`), type: "line", step: "end", showSymbol: false, symbol: SYMBOLS[k % SYMBOLS.length],
      lineStyle: { width: 2, type: DASHES[k % DASHES.length] }, data: samples.map((s) => [s.outcomes, s.best.generalist[1]]),
    })),
  }); // prettier-ignore
  return chart({ title: "Best belief of the generalist over outcomes", said: `${heads.length} runs.`, height: 340, option });
}

function pairsView(found) {
  if (found.error) return note(found.error);
  if (!found.pairs.length) return note("No run here has a matched control: the same experiment and seed with epochs.replacement = \"off\", both finished.");
  const columns = [{ name: "seed" }, { name: "run" }, { name: "control" }, { name: "difference, points" }, { name: "p", number: true }];
  const pooled = found.pooled && h("p", null, `All ${found.pooled.pairs} pairs: ${gainText(found.pooled)} points (mean over pairs, t interval).`);
  return [table("Each run against its control on the same test tasks", columns, found.pairs.map((p) => [p.seed, p.run, p.control, gainCell(p), p.p_value.toPrecision(2)])), pooled];
}

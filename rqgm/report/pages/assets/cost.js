// Cost: by kind of work, and over the course of the run.

const KINDS = ["validation", "expansion", "train", "test"];

function costView(root) {
  const { usage } = current.head.summary;
  const { samples, summary } = current.head;
  const paid = samples[samples.length - 1].cost_usd.some((value) => value > 0);
  append(root, [
    section("By kind of work", splitTable(usage), note("validation: measuring nodes, panels included. expansion: editors. train: what editors are shown. test: the test pool, once, at the end.")),
    costChart("cpu_s", "CPU-seconds over outcomes"),
    paid && costChart("cost_usd", "US dollars over outcomes"),
    summary.cost_to_best && summary.cost_to_best.index > 0 && h("p", null, "Until the winner ", nodeLink(summary.cost_to_best.index), ` was made: ${summary.cost_to_best.cpu_s.toFixed(0)} CPU-s${summary.cost_to_best.cost_usd ? `, $${summary.cost_to_best.cost_usd.toFixed(4)}` : ""}.`),
    summary.models && section("Models", modelFacts(summary.models)),
  ]); // prettier-ignore
  return "Cost";
}

function splitTable(usage) {
  const row = (name, u) => [name, u.cpu_s.toFixed(1), percent(usage.total.cpu_s ? u.cpu_s / usage.total.cpu_s : 0), u.wall_s.toFixed(1), u.agent_runs, u.model_calls, u.input_tokens, u.output_tokens, `$${u.cost_usd.toFixed(4)}`];
  const columns = ["CPU-s", "share", "wall-s", "runs of agents", "model calls", "tokens in", "tokens out", "cost"].map((name) => ({ name, number: true }));
  return table("Usage", [{ name: "kind" }, ...columns], [...KINDS.map((kind) => row(kind, usage.split[kind])), row("all", usage.total)]);
}

function costChart(key, title) {
  const { samples } = current.head;
  const last = samples[samples.length - 1];
  const option = () => ({
    xAxis: { type: "value", name: "outcomes", nameLocation: "middle", nameGap: 26, max: "dataMax" },
    yAxis: { type: "value" },
    grid: { left: 8, right: 24, top: 48, bottom: 40, containLabel: true },
    tooltip: { trigger: "axis" },
    series: KINDS.map((kind, k) => ({
      name: kind, type: "line", stack: "cost", symbol: "none", areaStyle: { opacity: 0.35 }, lineStyle: { type: DASHES[k], width: 1.5 },
      data: samples.map((s) => [s.outcomes, s[key][k]]),
    })),
  }); // prettier-ignore
  return chart({
    title,
    said: KINDS.map((kind, k) => `${kind} ${last[key][k].toFixed(2)}`).join(", "),
    option,
    data: () => table(title, [{ name: "outcomes", number: true }, { name: "running" }, ...KINDS.map((name) => ({ name, number: true }))], samples.map((s) => [s.outcomes, duration(s.running_s), ...s[key].map((v) => v.toFixed(key === "cpu_s" ? 1 : 4))])),
  }); // prettier-ignore
}

function modelFacts(models) {
  return facts([
    ["mode", models.mode],
    ["granted", Object.entries(models.granted).map(([role, model]) => `${role}: ${model}`).join(", ")],
    ["calls", `${models.calls}, ${models.replayed} replayed, ${models.refused} refused`],
    ["cost", `$${models.cost_usd.toFixed(4)}${models.budget_usd ? ` of $${models.budget_usd}` : ""}`],
    ["not in any outcome", models.uncounted_usd ? `$${models.uncounted_usd.toFixed(4)}` : null],
    ["calls' head", h("code", { class: "digest" }, models.calls_head)],
  ]); // prettier-ignore
}

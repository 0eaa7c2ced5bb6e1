// Summary: what the run came to, said plainly, nothing won included.

function nodeLink(index, text) {
  return h("a", { href: link(`node/${index}`) }, text || `#${index}`);
}

function judgeLink(node, role, text) {
  const digest = current.head.nodes[node].hashes[role];
  return h("a", { href: link(`judge/${role}/${digest}`) }, text || `${role} of #${node}`);
}

async function summaryView(root) {
  const { summary } = current.head;
  append(root, [
    h("div", { class: "verdict" }, verdictWords(summary).map((words) => h("p", null, words))),
    summary.endpoints && section("Endpoints on the test pool", endpointTable(summary)),
    summary.endpoints && section("The winner's edits", winnerPath(summary.endpoints.generalist.index)),
    seatedNow(summary),
    section("The run", runFacts(summary)),
    await signsInShort(),
  ]);
  return summary.run;
}

/** What can be said in words, each with its figure. */
function verdictWords(summary) {
  if (!summary.endpoints) {
    const going = live ? "It is shown as it goes on." : "This file shows it as it stood when the file was made.";
    return [
      `The run is not over: ${summary.outcomes} of ${summary.budget_outcomes} outcomes, ${summary.nodes} nodes. ${going}`,
      "Nothing has been run on the test pool yet, so nothing can be said of a gain.",
    ];
  }
  const { generalist } = summary.endpoints;
  const words = [["The winner (generalist) is node ", nodeLink(generalist.index), `, by best belief ${generalist.best_belief.toFixed(3)}.`]];
  if (generalist.index === 0) return [...words, "It is generation zero: no edit won. This run improved nothing."];
  const { gain } = summary;
  if (!gain) return [...words, "The test pool was not wholly run, so nothing can be said of its gain."];
  const clear = gain.interval[0] > 0 ? "clear of zero" : gain.interval[1] < 0 ? "a loss, clear of zero" : "not clear of zero";
  words.push([
    `On the test pool its ${gain.role} solves ${rateText(generalist.test)}; generation zero's ${rateText(summary.seed_test)}. `,
    h("strong", null, `Gain ${gainText(gain)} points, 95 % interval: ${clear}`),
    ` (${gain.gained} tasks gained, ${gain.lost} lost, p = ${gain.p_value.toPrecision(2)}).`,
  ]);
  if (gain.interval[0] <= 0 && gain.interval[1] >= 0) {
    words.push("So this run does not show that the winner is better than what it began with.");
  }
  words.push(replacedWords(summary));
  return words;
}

function replacedWords(summary) {
  const replaced = summary.replacements.length;
  if (summary.replacement === "off") return "Replacement of judges was off: the criterion never changed.";
  if (!replaced) return "No judge was replaced: the criterion of the first epoch held to the end.";
  return `${count(replaced, "judge was", "judges were")} replaced; ${count(summary.erased, "verdict was", "verdicts were")} erased with them.`;
}

function endpointTable(summary) {
  const columns = ["role", "generation zero", "generalist", "specialist"].map((name) => ({ name }));
  const rows = Object.entries(summary.seed_tests).map(([role, before]) => {
    const { generalist, specialists } = summary.endpoints;
    const best = specialists[role];
    return [
      role,
      rateCell(before),
      [nodeLink(generalist.index), " ", rateCell(generalist.tests[role])],
      [nodeLink(best.index), " ", rateCell(best.test)],
    ];
  });
  return table("Share of test tasks solved, or test items judged right, with 95 % intervals", columns, rows);
}

function winnerPath(winner) {
  const path = pathTo(winner).slice(1);
  if (!path.length) return note("None: the winner is generation zero.");
  return [
    h("p", null, `${count(path.length, "edit")} from generation zero to node `, nodeLink(winner), ":"),
    pathTable(path),
    note("A gain is measured on the cells that parent and child both have under the same judges. An interval that holds zero says that nothing is known, not that nothing was gained."),
  ]; // prettier-ignore
}

function pathTable(path) {
  const columns = [{ name: "node" }, { name: "edit", wide: true }, { name: "lines", number: true }, { name: "gain by role, points", wide: true }];
  return table("Edits on the path, first to last", columns, path.map((index) => {
    const node = current.head.nodes[index];
    return [nodeLink(index), node.tried || "no note", `+${node.lines[0]} −${node.lines[1]}`, gainLines(node)];
  })); // prettier-ignore
}

function gainLines(node) {
  const told = Object.entries(node.gain).filter(([role]) => node.changed.includes(role));
  if (!told.length) return node.changed.length ? `${node.changed.join(", ")}: not measured` : "–";
  return told.map(([role, gain]) => h("div", null, `${role}: `, gain ? gainCell(gain) : "no common cells"));
}

function seatedNow(summary) {
  const seats = Object.entries(summary.seats);
  if (!seats.length) return null;
  const columns = [{ name: "seat" }, { name: "judge" }, { name: "balanced accuracy on the anchor" }];
  const rows = seats.map(([slot, seat]) => [
    slot,
    judgeLink(seat.index, seat.role),
    figureCell(seat.quality.anchor && seat.quality.anchor.balanced_accuracy),
  ]);
  return section(summary.finished ? "Who judged at the end" : "Who judges now", table("Seats", columns, rows));
}

function runFacts(summary) {
  const total = summary.usage.total;
  return facts([
    ["experiment", summary.experiment],
    ["seed", summary.seed],
    ["state", summary.finished ? `ended: ${summary.reason}` : "not finished"],
    ["outcomes", `${summary.outcomes} of ${summary.budget_outcomes}, and ${summary.shared} shared by equal content at no cost`],
    ["nodes", `${summary.nodes}, and ${summary.rejected_edits} rejected edits`],
    ["epochs", `${summary.epochs.length + 1}, rule for replacement: ${summary.replacement}`],
    ["sandbox", `${summary.sandbox} (${summary.isolated ? "isolated" : "NOT isolated: limits only"})`],
    ["cost", `${total.cpu_s.toFixed(0)} CPU-s, ${total.agent_runs} runs of agents${total.blended_tokens ? `, ${total.blended_tokens} blended tokens, $${total.cost_usd.toFixed(4)}` : ""}`],
    ["time", duration(summary.wall_s)],
    ["voided jobs", summary.voided || null],
    ["lineage head", h("code", { class: "digest" }, summary.lineage_head)],
    ["ledger head", h("code", { class: "digest" }, summary.ledger_head)],
  ]); // prettier-ignore
}

async function signsInShort() {
  const look = h("a", { href: link("signs") }, "Signs of cheating");
  if (live) return section("Signs of cheating", h("p", null, look, " are looked for when that page is opened."));
  const { signs } = await part("signs");
  const words = signs.length ? `${count(signs.length, "sign")}, ${signs.filter((s) => s.strength === "strong").length} of them strong: look at each before the winner is believed.` : "No detector found any.";
  return section("Signs of cheating", h("p", null, look, ": ", words));
}

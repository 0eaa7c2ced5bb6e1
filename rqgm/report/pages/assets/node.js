// One node: its edit, its path, its diff, its outcomes, who judged it.

const SHOWN_OUTCOMES = 12;

async function nodeView(root, [name]) {
  const index = Number(name);
  const node = current.head.nodes[index];
  if (!node) throw new Error(`this run has no node #${name}`);
  const [page, data] = await Promise.all([part(`node/${index}`), outcomes()]);
  const own = outcomesOf(data, index);
  append(root, [
    h("p", { class: "lead" }, node.tried || "no note", marksOf(index).map((mark) => h("span", { class: "mark" }, mark))),
    jumpBar(root),
    page.why && h("blockquote", { class: "foreign" }, page.why),
    nodeFacts(node, index, page),
    page.left_out && note(`Diffs, evidence and what was said are left out: ${page.left_out}. rqgm show and rqgm diff tell them.`),
    section("Path to the seed", pathList(index)),
    section("What it changed", editGain(node), diffIntro(page), diffView(page.files)),
    section("Who judged it", judgesOf(own)),
    section("Outcomes", rolesTable(node), fold("outcomes", `All ${count(own.length, "outcome")}`, () => outcomesTable(own, index), own.length <= SHOWN_OUTCOMES)),
    page.train.length > 0 && section("What its editor was shown", trainTable(page.train)),
    section("Children", childTable(index)),
  ]);
  return `Node #${index}`;
}

function nodeFacts(node, index, page) {
  const cost = (page.usage.cpu_s || 0) + (page.train_usage.cpu_s || 0);
  return facts([
    ["commit", h("code", { class: "digest" }, node.commit)],
    ["parent", node.parent === null ? "none: generation zero" : nodeLink(node.parent)],
    ["mate", node.mate === null || node.mate === undefined ? null : nodeLink(node.mate)],
    ["made", page.job === null ? "before the first outcome" : `in epoch ${node.epoch}, after ${count(node.made, "outcome")}, by job ${page.job}`],
    ["changed roles", node.changed.join(", ")],
    ["best belief", node.belief.toFixed(3)],
    ["cost of the edit", cost ? `${cost.toFixed(1)} CPU-s` : null],
  ]); // prettier-ignore
}

function pathList(index) {
  const path = pathTo(index).reverse();
  return h(
    "ol",
    { class: "path", reversed: true, start: path.length - 1 },
    path.map((step) => {
      const node = current.head.nodes[step];
      return h(
        "li",
        { "aria-current": step === index ? "true" : null },
        nodeLink(step),
        ` ${node.belief.toFixed(3)} `,
        step === 0 ? "generation zero" : node.tried || "no note",
        marksOf(step).map((mark) => h("span", { class: "mark" }, mark)),
      );
    }),
  );
}

function editGain(node) {
  if (node.parent === null) return note("Generation zero was given, not edited.");
  const columns = [{ name: "role" }, { name: "gain over the parent, points" }, { name: "p", number: true }];
  const rows = node.changed.map((role) => {
    const gain = node.gain[role];
    return [role, gain ? gainCell(gain) : role in node.gain ? "no cell that both have" : "not measured", gain ? gain.p_value.toPrecision(2) : "–"];
  });
  return table("What the edit gained, with 95 % intervals", columns, rows);
}

function diffIntro(page) {
  if (!page.files.length) return null;
  const sum = (key) => page.files.reduce((total, file) => total + file[key], 0);
  const added = h("span", { class: "added" }, `+${sum("added")}`);
  const removed = h("span", { class: "removed" }, `−${sum("removed")}`);
  return h("p", null, `Diff against the parent: ${count(page.files.length, "file")}, `, added, " ", removed, " lines.");
}

/** The judges in the seats when its outcomes were scored, with what they said. */
function judgesOf(records) {
  const found = new Map();
  for (const record of records) {
    for (const { slot, verdict, node } of record.seats) {
      const key = `${slot} ${node}`;
      if (!found.has(key)) found.set(key, { slot, node, accept: 0, reject: 0, abstain: 0, erased: 0 });
      const told = found.get(key);
      if (verdict in told) told[verdict] += 1;
      told.erased += record.live ? 0 : 1;
    }
  }
  if (!found.size) return note("No judge in a seat had a say in its outcomes.");
  const columns = [{ name: "judge" }, { name: "seat" }, ...["accepted", "rejected", "abstained", "erased since"].map((name) => ({ name, number: true }))];
  return table("Judges that scored this node", columns, [...found.values()].map((f) => [
    judgeLink(f.node, current.head.criterion.slots[f.slot]), f.slot, f.accept, f.reject, f.abstain, f.erased,
  ])); // prettier-ignore
}

function rolesTable(node) {
  const rows = Object.entries(node.roles).map(([role, counts]) =>
    counts
      ? [role, plain(counts[0]), plain(counts[1]), [intervalBar(counts[0] / counts[1], counts[2], counts[3]), h("span", { class: "beside" }, `${percent(counts[0] / counts[1])} [${(100 * counts[2]).toFixed(0)}, ${(100 * counts[3]).toFixed(0)}]`)]]
      : [role, 0, 0, "–"],
  );
  return table("Live counts by role (outcomes carry the weight of their measure)", [{ name: "role" }, { name: "successes", number: true }, { name: "outcomes", number: true }, { name: "share" }], rows);
}

function outcomesTable(records, index) {
  if (!records.length) return note(current.head.labels ? "No outcomes." : "No outcomes that may be shown while the run goes on.");
  const columns = [
    { name: "n", number: true }, { name: "role" }, { name: "task" }, { name: "measure" }, { name: "outcome" },
    { name: "score", number: true }, { name: "epoch", number: true }, { name: "record" }, { name: "judged by" }, { name: "more" },
  ]; // prettier-ignore
  return table("Every outcome that it has, also by equal content", columns, records.map((r) => [
    r.n, r.role, r.task, r.measure, outcomeMark(r), r.score.toFixed(2), r.epoch,
    [r.live ? "live" : "erased", r.node === index ? "" : [", from ", nodeLink(r.node)]],
    r.seats.map((s) => h("div", null, judgeLink(s.node, current.head.criterion.slots[s.slot]), ` ${s.verdict}`)),
    outcomeMore(r),
  ])); // prettier-ignore
}

function outcomeMark(record) {
  const mark = record.y ? h("span", { class: "yes" }, "✓ success") : h("span", { class: "no" }, "✗ failure");
  return record.failure ? [mark, ` (${record.failure})`] : mark;
}

function outcomeMore(record) {
  return fold(`outcome ${record.n}`, "what was said", async () => {
    const { said } = await part(`node/${record.node}`);
    return saidView(said[record.n]);
  });
}

function saidView(said) {
  if (!said) return note("Nothing more is on record.");
  return h(
    "div",
    null,
    said.detail && h("p", { class: "foreign" }, said.detail),
    (said.opinions || []).map((o) =>
      h("div", null, h("p", null, `${o.slot}: ${o.verdict}, score ${o.score}${o.failure ? ` (${o.failure})` : ""}`), evidenceList(o.evidence)),
    ),
    (said.criteria || []).map((c) => h("p", { class: "foreign" }, `${c.id}: ${c.result} by ${c.by} ${c.reason}`)),
  );
}

function evidenceList(evidence) {
  if (!evidence.length) return null;
  return h("ul", null, evidence.map((e) => {
    const place = e.command || (e.file ? `${e.place ? `${e.place}/` : ""}${e.file}${e.line ? `:${e.line}` : ""}` : "nowhere");
    return h("li", { class: "foreign" }, `${e.standing}${e.reason ? ` (${e.reason})` : ""}: ${e.claim}: `, h("code", null, place), e.quote && ` “${e.quote}”`);
  })); // prettier-ignore
}

function trainTable(train) {
  const columns = [{ name: "task" }, { name: "role" }, { name: "outcome" }, { name: "notes", wide: true }];
  return table("Train evidence that was run for this edit", columns, train.map((t, i) => [
    t.task, t.role, [outcomeMark(t), t.detail && h("div", { class: "soft" }, t.detail)],
    t.notes ? fold(`train ${i}`, t.verdict ? `said ${t.verdict}` : "notes", () => h("pre", { class: "foreign" }, t.notes)) : "–",
  ])); // prettier-ignore
}

function childTable(index) {
  const children = current.head.nodes.flatMap((node, i) => (node.parent === index ? [i] : []));
  return children.length ? pathTable(children) : note("None.");
}

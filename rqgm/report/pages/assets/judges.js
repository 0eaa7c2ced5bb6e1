// Judges: who sat when, how right and how strict each is, and its anchor record item by item.

const FIGURES = [
  ["balanced_accuracy", "balanced accuracy", 100],
  ["machine_accept", "right machine-made ones accepted", 100],
  ["human_accept", "right human-made ones accepted", 100],
  ["ratio_accept", "stringency ratio on right ones (machine / human)", 1],
  ["machine_reject", "wrong machine-made ones accepted", 100],
  ["human_reject", "wrong human-made ones accepted", 100],
  ["ratio_reject", "stringency ratio on wrong ones (machine / human)", 1],
];

function judgesView(root) {
  const { sittings, judges } = current.head;
  append(root, [
    section("Who sat when", sittings.length ? sittingTable(sittings) : note("No panel of this run has a seat that evolves.")),
    sittings.length > 0 && section("How right and how strict they are", seatQuality(sittings)),
    section("Every judge that was measured", instanceTable(judges)),
  ]);
  return "Judges";
}

const until = (s) => (s.to === null ? "now" : `${s.to} outcomes`);

function sittingTable(sittings) {
  const columns = ["judge", "seat", "from epoch", "from", "until"].map((name) => ({ name }));
  const rows = sittings.map((s) => [judgeLink(s.node, s.role), s.slot, s.epoch, `${s.from} outcomes`, until(s)]);
  return table("Seats", columns, rows);
}

function seatQuality(sittings) {
  const seen = new Map(sittings.map((s) => [`${s.role} ${s.hash}`, s]));
  const columns = [{ name: "judge" }, { name: "items", number: true }, ...FIGURES.map(([, name]) => ({ name }))];
  const rows = [...seen.values()].map((s) => {
    const quality = (judgeOf(s.node, s.role) || {}).quality;
    const anchor = quality && quality.anchor;
    return [judgeLink(s.node, s.role), anchor ? anchor.items : 0, ...FIGURES.map(([key, , scale]) => figureText(anchor && anchor[key], scale))];
  });
  return [
    table("On the anchor, as known now, with 95 % intervals", columns, rows),
    note("Items of one task count as one cluster. A stringency ratio below 1 says that machine-made work is accepted less often than human-made work of the same truth."),
  ]; // prettier-ignore
}

function rightCell(counts) {
  if (!counts.judged) return "–";
  const bar = intervalBar(counts.right / counts.judged, ...counts.interval);
  return [bar, h("span", { class: "beside" }, `${counts.right}/${counts.judged} [${counts.interval.map((v) => (100 * v).toFixed(0)).join(", ")}]`)];
}

function instanceTable(judges) {
  const columns = [{ name: "judge" }, { name: "role" }, { name: "carried by", number: true }, { name: "right on the anchor" }, { name: "right on adversarial items" }, { name: "sat" }];
  const rows = judges.map((j) => [
    judgeLink(j.nodes[0], j.role), j.role, count(j.nodes.length, "node"), rightCell(j.counts.anchor), rightCell(j.counts.adversarial),
    j.sat.map((s) => h("div", null, `${s.from} to ${until(s)}`)),
  ]); // prettier-ignore
  return table("Judge instances, by the first node that carries them; 95 % intervals", columns, rows);
}

async function judgeView(root, [role, digest]) {
  const judge = current.head.judges.find((j) => j.role === role && j.hash.startsWith(digest));
  const first = judge ? judge.nodes[0] : current.head.nodes.findIndex((n) => n.hashes[role] === digest);
  if (first < 0) throw new Error("this run has no such judge");
  append(root, [
    facts([
      ["role", role],
      ["content", h("code", { class: "digest" }, judge ? judge.hash : digest)],
      ["carried by", judge ? judge.nodes.slice(0, 40).map((n) => [nodeLink(n), " "]) : nodeLink(first)],
      ["sat", judge && judge.sat.length ? judge.sat.map((s) => h("div", null, `${s.slot}: from ${s.from} outcomes until ${until(s)}`)) : "never"],
      ["right on the anchor", judge && rightCell(judge.counts.anchor)],
      ["right on adversarial items", judge && judge.counts.adversarial.judged ? rightCell(judge.counts.adversarial) : null],
    ]),
    judge && judge.quality && section("How right and how strict", qualityTables(judge.quality)),
    section("Anchor record", judge ? await recordView(judge) : note("It has judged no labelled item.")),
  ]); // prettier-ignore
  return `Judge: ${role} of #${first}`;
}

function qualityTables(quality) {
  return ["anchor", "adversarial"].flatMap((pool) => {
    const found = quality[pool];
    if (!found) return [];
    const rows = FIGURES.filter(([key]) => found[key]).map(([key, name, scale]) => [name, figureCell(found[key], scale), found[key].n]);
    return [table(`${found.items} ${pool} items, 95 % intervals`, [{ name: "figure" }, { name: "value" }, { name: "items", number: true }], rows)];
  });
}

async function recordView(judge) {
  if (!current.head.labels) {
    const { anchor, adversarial } = judge.counts;
    return note(`${anchor.right} of ${anchor.judged} anchor items and ${adversarial.right} of ${adversarial.judged} adversarial ones right so far. Item by item it is shown when the run is over, because labels are not shown while it goes on.`);
  }
  const rows = ((await part("judged"))[`${judge.role}/${judge.hash}`] || []).map((r) => ({
    task: r[0], measure: r[1], verdict: r[2], label: r[3], provenance: r[4], y: r[5], score: r[6], n: r[7], epoch: r[8], live: r[9],
  })); // prettier-ignore
  const box = h("div");
  const fill = (only) => box.replaceChildren(recordTable(rows.filter((r) => !only || !r.y)));
  const id = freshId("wrong");
  const wrong = rows.filter((r) => !r.y).length;
  fill(false);
  return [
    h("p", null, `${rows.length} items judged, ${count(wrong, "wrong verdict")}.`),
    h("p", null, h("input", { type: "checkbox", id, onchange: (e) => fill(e.target.checked) }), h("label", { for: id }, " only wrong ones")),
    box,
  ];
}

function recordTable(rows) {
  const columns = [
    { name: "item" }, { name: "measure" }, { name: "made by" }, { name: "it said" }, { name: "label" }, { name: "right" },
    { name: "score", number: true }, { name: "n", number: true }, { name: "epoch", number: true }, { name: "record" },
  ]; // prettier-ignore
  return table("What it said of which item, and whether that was right", columns, rows.map((r) => [
    r.task, r.measure, r.provenance || "–", r.verdict, r.label || "–",
    r.y ? h("span", { class: "yes" }, "✓ right") : h("span", { class: "no" }, "✗ wrong"),
    r.score.toFixed(2), r.n, r.epoch, r.live ? "live" : "erased",
  ])); // prettier-ignore
}

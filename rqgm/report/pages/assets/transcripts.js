// Transcripts: what editors noted, which edits were rejected, what was asked of models.

async function transcriptsView(root) {
  const { nodes } = current.head;
  const rejected = await part("rejected");
  append(root, [
    section("Editors' notes", editTable(nodes)),
    section("Rejected edits", rejected.length ? rejectedTable(rejected) : note("None.")),
    section("Calls to models", current.head.calls ? callTable(await part("calls")) : note("This run calls no model.")),
  ]);
  return "Transcripts";
}

function editTable(nodes) {
  const rows = nodes.map((node, i) => [nodeLink(i), node.tried || "no note", fold(`why ${i}`, "why, evidence", () => editNotes(i))]);
  return table("What each editor tried", [{ name: "node" }, { name: "tried", wide: true }, { name: "more", wide: true }], rows.slice(1));
}

async function editNotes(index) {
  const page = await part(`node/${index}`);
  return h("div", null, page.why ? h("blockquote", { class: "foreign" }, page.why) : note("It did not say why."), page.train.length > 0 && trainTable(page.train));
}

function rejectedTable(rejected) {
  const columns = [{ name: "job", number: true }, { name: "of" }, { name: "tried", wide: true }, { name: "rejected because" }, { name: "more", wide: true }];
  return table("Edits that made no node", columns, rejected.map((r, i) => [
    r.job, nodeLink(r.parent), r.tried, [r.failure, r.detail && h("div", { class: "foreign soft" }, r.detail)],
    r.why || r.train.length ? fold(`rejected ${i}`, "why, evidence", () => h("div", null, r.why && h("blockquote", { class: "foreign" }, r.why), r.train.length > 0 && trainTable(r.train))) : "–",
  ])); // prettier-ignore
}

function callTable(calls) {
  const columns = [{ name: "call", number: true }, { name: "job" }, { name: "role" }, { name: "model" }, { name: "status" }, { name: "tokens", number: true }, { name: "cost", number: true }, { name: "texts", wide: true }];
  return table("Calls, in the order in which they ended", columns, calls.map((c, i) => [
    i + 1, c.scope, c.role, c.model, [c.status, c.notes.map((text) => ` ${text}`)], `${c.tokens[0]} + ${c.tokens[1]}`, `$${c.cost_usd.toFixed(6)}`,
    fold(`call ${i}`, "asked, answered", async () => h("div", null, (await part(`call/${i}`)).map((text, k) => [h("h4", null, ["asked", "answered"][k]), h("pre", { class: "foreign" }, text === null ? "(not kept)" : text)]))),
  ])); // prettier-ignore
}

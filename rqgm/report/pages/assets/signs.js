// Signs of cheating: what the detectors found, each with its evidence.

async function signsView(root) {
  const { signs, detectors } = await part("signs");
  const looked = Object.entries(detectors).map(([name, about]) => [name, about]);
  append(root, [
    note("Signs are reasons to look, not proofs; and no sign is no proof of honesty: detectors know only the ways of cheating that they were made for."),
    signs.length ? signTable(signs) : h("p", null, "No detector found anything."),
    section("What was looked for", table("Detectors", [{ name: "detector" }, { name: "looks for", wide: true }], looked)),
  ]); // prettier-ignore
  return "Signs of cheating";
}

function signTable(signs) {
  const columns = [{ name: "detector" }, { name: "strength" }, { name: "node" }, { name: "job", number: true }, { name: "what", wide: true }, { name: "evidence", wide: true }];
  return table(count(signs.length, "sign"), columns, signs.map((s, i) => [
    s.detector, s.strength === "strong" ? h("strong", null, s.strength) : s.strength,
    s.node === null ? "–" : nodeLink(s.node), s.n === null ? "–" : s.n, h("span", { class: "foreign" }, s.text),
    s.evidence.length ? fold(`sign ${i}`, "evidence", () => h("ul", null, s.evidence.map(evidenceItem))) : "–",
  ])); // prettier-ignore
}

function evidenceItem(entry) {
  const [where, what] = entry.kind === "file" ? [entry.line ? `${entry.path}:${entry.line}` : entry.path, entry.excerpt] : [entry.field, entry.value];
  return h("li", { class: "foreign" }, h("code", null, where), ` ${what}`);
}

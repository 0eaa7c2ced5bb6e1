// Diffs: lines with numbers, signs and colours; in changed lines, what changed is marked.

const TOKENS = new RegExp(
  [
    /(?<comment>#.*|\/\/.*)/,
    /(?<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/,
    /(?<number>\b\d[\d_.]*\b)/,
    /(?<word>\b(?:and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|function|global|if|import|in|is|lambda|let|const|nonlocal|not|or|pass|raise|return|try|var|while|with|yield|None|True|False)\b)/,
  ].map((r) => r.source).join("|"),
  "g",
); // prettier-ignore
const OPEN_LINES = 400;

/** The files of an edit, each in a fold; small ones are open. */
function diffView(files) {
  let room = OPEN_LINES;
  return files.map((file) => {
    const lines = file.text ? file.text.split("\n") : [];
    const open = lines.length > 0 && lines.length <= room;
    if (open) room -= lines.length;
    const title = [
      h("code", null, file.path),
      h("span", { class: "added" }, ` +${file.added}`),
      h("span", { class: "removed" }, ` −${file.removed}`),
      file.status === "changed" ? "" : ` ${file.status}`,
      file.left_out && h("span", { class: "soft" }, ` (left out: ${file.left_out})`),
    ];
    if (!lines.length) return h("p", { class: "nolines" }, title);
    return fold(`diff ${file.path}`, title, () => diffLines(lines, file.path), open);
  });
}

function diffLines(lines, path) {
  const marks = changedParts(lines);
  let before = 0;
  let after = 0;
  const rows = lines.map((line, i) => {
    const sign = line[0] || " ";
    if (sign === "@") {
      const start = /^@@ -(\d+)(?:,\d+)? \+(\d+)/.exec(line);
      if (start) [before, after] = [Number(start[1]), Number(start[2])];
      return h("div", { class: "hunk" }, line);
    }
    const numbers = [sign === "+" ? "" : before++, sign === "-" ? "" : after++];
    const kind = { "+": "add", "-": "del" }[sign] || "same";
    const said = { add: "added: ", del: "removed: " }[kind];
    return h(
      "div",
      { class: `line ${kind}` },
      h("span", { class: "at", "aria-hidden": "true" }, numbers[0]),
      h("span", { class: "at", "aria-hidden": "true" }, numbers[1]),
      said && h("span", { class: "unseen" }, said),
      h("span", { class: "sign", "aria-hidden": "true" }, sign === "\\" ? "" : sign),
      h("code", null, coloured(line.slice(1), marks.get(i))),
    );
  });
  return h("div", { class: "diff", tabindex: 0, role: "region", "aria-label": `Diff of ${path}` }, h("div", null, rows));
}

/** For as many removed lines as are followed by added ones, pair them and find where they differ. */
function changedParts(lines) {
  const marks = new Map();
  for (let i = 0; i < lines.length; ) {
    let removed = i;
    while (removed < lines.length && lines[removed][0] === "-") removed += 1;
    let added = removed;
    while (added < lines.length && lines[added][0] === "+") added += 1;
    const pairs = removed - i;
    if (pairs > 0 && pairs === added - removed) {
      for (let k = 0; k < pairs; k += 1) {
        const [old, fresh] = [lines[i + k].slice(1), lines[removed + k].slice(1)];
        const most = Math.min(old.length, fresh.length);
        let head = 0;
        while (head < most && old[head] === fresh[head]) head += 1;
        let tail = 0;
        while (tail < most - head && old[old.length - 1 - tail] === fresh[fresh.length - 1 - tail]) tail += 1;
        if (head + tail > 0) {
          marks.set(i + k, [head, old.length - tail]);
          marks.set(removed + k, [head, fresh.length - tail]);
        }
      }
    }
    i = Math.max(added, i + 1);
  }
  return marks;
}

/** A line as spans by kind of word; [from, to) is marked. */
function coloured(text, mark) {
  const pieces = [];
  let at = 0;
  for (const found of text.matchAll(TOKENS)) {
    if (found.index > at) pieces.push([at, found.index, null]);
    const kind = Object.keys(found.groups).find((name) => found.groups[name] !== undefined);
    pieces.push([found.index, found.index + found[0].length, kind]);
    at = found.index + found[0].length;
  }
  if (at < text.length) pieces.push([at, text.length, null]);
  const [from, to] = mark || [0, 0];
  return pieces.flatMap(([start, end, kind]) => {
    const cuts = [start, ...[from, to].filter((cut) => cut > start && cut < end), end];
    return cuts.slice(1).map((cut, i) => {
      const marked = cuts[i] >= from && cut <= to && from < to;
      const name = [kind, marked && "marked"].filter(Boolean).join(" ");
      return name ? h("span", { class: name }, text.slice(cuts[i], cut)) : text.slice(cuts[i], cut);
    });
  });
}

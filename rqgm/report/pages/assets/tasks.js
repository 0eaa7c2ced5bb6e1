// Tasks: which task each node of a choice solves, by measure.

const taskChoice = { measure: null, nodes: "winner" };
const MOST_NODES = 40;
const NODE_CHOICES = {
  winner: "the winner's path",
  ends: "endpoints and seated judges",
  best: "the nodes of highest best belief",
  newest: "the newest nodes",
};

async function tasksView(root) {
  const data = await outcomes();
  const measures = current.head.criterion.roles.flatMap((role) =>
    role.kind === "judge" && !current.head.labels ? [] : role.measures.map((m) => [`${role.name}|${m}`, `${role.name}: ${m}`]),
  );
  const tested = new Set(data.tested.map((t) => t.role));
  measures.push(...[...tested].map((role) => [`${role}|test pool`, `${role}: test pool`]));
  if (!measures.some(([key]) => key === taskChoice.measure)) taskChoice.measure = measures.length ? measures[0][0] : null;
  if (!taskChoice.measure) {
    append(root, [note("Nothing to show yet.")]);
    return "Tasks";
  }
  const [role, measure] = taskChoice.measure.split("|");
  const chosen = chosenNodes(role, measure, data);
  append(root, [
    h("div", { class: "bar" }, picker("Measure", "measure", measures), picker("Nodes", "nodes", Object.entries(NODE_CHOICES))),
    matrix(role, measure, chosen, data),
    note("✓ success, ✗ failure, · not measured. Outcomes that nodes have by equal content count for each of them. Tasks are sorted by how many of these nodes fail them."),
  ]); // prettier-ignore
  return "Tasks";
}

function picker(label, key, entries) {
  const id = freshId(key);
  const change = (event) => {
    taskChoice[key] = event.target.value;
    show();
  };
  return [
    h("label", { for: id }, `${label} `),
    h("select", { id, "data-key": `tasks ${key}`, onchange: change }, entries.map(([value, text]) => h("option", { value, selected: value === taskChoice[key] }, text))),
  ];
}

function chosenNodes(role, measure, data) {
  const { nodes, endpoints, seats, summary } = current.head;
  if (measure === "test pool") {
    const ends = [0, ...Object.values(endpoints)];
    return [...new Set(ends)].filter((i) => data.tested.some((t) => t.role === role && t.node === nodes[i].contents[role]));
  }
  const order = nodes.map((_, i) => i);
  const choice = {
    winner: () => (summary.endpoints ? pathTo(summary.endpoints.generalist.index) : pathTo(bestNow())),
    ends: () => [...new Set([0, ...Object.values(endpoints), ...Object.values(seats)])].sort((a, b) => a - b),
    best: () => order.sort((a, b) => nodes[b].belief - nodes[a].belief).slice(0, MOST_NODES),
    newest: () => order.reverse().slice(0, MOST_NODES),
  }; // prettier-ignore
  return choice[taskChoice.nodes]().slice(-MOST_NODES);
}

const bestNow = () => current.head.samples[current.head.samples.length - 1].best.generalist[0];

function matrix(role, measure, chosen, data) {
  const cells = new Map(); // task → node → outcome
  const put = (task, node, record) => {
    if (!cells.has(task)) cells.set(task, new Map());
    cells.get(task).set(node, record);
  };
  for (const node of chosen) {
    if (measure === "test pool") {
      const carrier = current.head.nodes[node].contents[role];
      data.tested.filter((t) => t.role === role && t.node === carrier).forEach((t) => put(t.task, node, t));
    } else {
      (data.byContent.get(contentKey(node, role)) || []).filter((r) => r.live && r.measure === measure).forEach((r) => put(r.task, node, r));
    }
  }
  const failed = (row) => [...row.values()].filter((r) => !r.y).length / row.size;
  const tasks = [...cells].sort(([a, x], [b, y]) => failed(y) - failed(x) || (a < b ? -1 : 1));
  if (!tasks.length) return note("None of these nodes has such an outcome.");
  const rates = chosen.map((node) => {
    const own = tasks.map(([, row]) => row.get(node)).filter(Boolean);
    return own.length ? `${own.filter((r) => r.y).length}/${own.length}` : "–";
  });
  const rows = tasks.map(([task, row]) => [task, ...chosen.map((node) => matrixCell(row.get(node)))]);
  const columns = [{ name: "task" }, ...chosen.map((node) => ({ name: nodeLink(node) }))];
  return table(`${role}, ${measure}: ${tasks.length} tasks × ${chosen.length} nodes`, columns, [["solved", ...rates], ...rows], { class: "matrix" });
}

function matrixCell(record) {
  if (!record) return h("span", { class: "soft" }, "·", h("span", { class: "unseen" }, "not measured"));
  const [mark, said] = record.y ? ["✓", "success"] : ["✗", "failure"];
  return h("span", { class: record.y ? "yes" : "no", title: record.failure || null }, mark, h("span", { class: "unseen" }, said));
}

// Where the data comes from: blocks in this file, or the server that shows a run while it goes on.

const config = JSON.parse(document.getElementById("data-config").textContent);
const live = config.mode === "live";
let current = { run: 0, head: null, parts: new Map() };

async function loadHead(run) {
  if (!live) return JSON.parse(document.getElementById("data-head").textContent);
  const answer = await fetch(`${config.runs[run].base}head.json`);
  if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
  return answer.json();
}

/** Return a part of the data, read once (anew when the run has gone on). */
function part(name) {
  const { parts, run } = current;
  if (!parts.has(name)) parts.set(name, readPart(name, run));
  return parts.get(name);
}

async function readPart(name, run) {
  if (live) {
    const answer = await fetch(`${config.runs[run].base}part/${name}.json`);
    if (!answer.ok) throw new Error(`${name}: the server answers ${answer.status}`);
    return answer.json();
  }
  const packed = Uint8Array.from(atob(document.getElementById(`part-${name}`).textContent), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}

/** Follow the runs: `told(run, version)` is called when one has gone on. A page that nobody sees does not listen. */
function follow(told, lost) {
  let events = null;
  const listen = () => {
    if (document.hidden) {
      if (events) events.close();
      events = null;
    } else if (!events) {
      events = new EventSource(config.events);
      events.onmessage = (message) => {
        lost(false);
        JSON.parse(message.data).forEach((version, run) => told(run, version));
      };
      events.onerror = () => lost(true);
    }
  };
  document.addEventListener("visibilitychange", listen);
  listen();
}

/** The outcomes with their words in place, and by what was measured: role and content. */
async function outcomes() {
  const data = await part("outcomes");
  if (data.records) return data;
  const w = data.words;
  const known = current.head.nodes.length; // a run that goes on may have more by now than its head told
  data.records = data.rows.filter((r) => r[1] < known).map((r) => ({
    n: r[0], node: r[1], role: w[r[2]], task: w[r[3]], measure: w[r[4]], y: r[5], score: r[6],
    failure: r[7] === null ? "" : w[r[7]], epoch: r[8], live: r[9], after: r[10],
    seats: r[11].map(([slot, verdict, node]) => ({ slot: w[slot], verdict: w[verdict], node })),
  })); // prettier-ignore
  data.byContent = new Map();
  for (const record of data.records) {
    const key = contentKey(record.node, record.role);
    if (!data.byContent.has(key)) data.byContent.set(key, []);
    data.byContent.get(key).push(record);
  }
  data.byN = new Map(data.records.map((record) => [record.n, record]));
  data.tested = data.tests.map(([node, role, task, y, score, failure]) => ({
    node, role: w[role], task: w[task], y, score, failure,
  })); // prettier-ignore
  return data;
}

/** Nodes whose role has equal content share outcomes; the key names the first node that carries it. */
function contentKey(node, role) {
  return `${current.head.nodes[node].contents[role]}/${role}`;
}

/** All outcomes that a node has, its own and those of equal content, in order. */
function outcomesOf(data, node) {
  const found = measuredRoles().flatMap((role) => data.byContent.get(contentKey(node, role)) || []);
  return found.sort((a, b) => a.n - b.n);
}

const measuredRoles = () => current.head.criterion.roles.map((role) => role.name);
const roleNamed = (name) => current.head.criterion.roles.find((role) => role.name === name);

function pathTo(index) {
  const path = [index];
  while (current.head.nodes[path[0]].parent !== null) path.unshift(current.head.nodes[path[0]].parent);
  return path;
}

function marksOf(index) {
  const { endpoints, seats } = current.head;
  const marks = Object.entries(endpoints).filter(([, node]) => node === index).map(([name]) => `★ ${name}`);
  return marks.concat(Object.entries(seats).filter(([, node]) => node === index).map(([slot]) => `§ sits in ${slot}`));
}

/** The judge instance that a node's judge role is. */
function judgeOf(node, role) {
  const digest = current.head.nodes[node].hashes[role];
  return current.head.judges.find((judge) => judge.role === role && judge.hash.startsWith(digest));
}

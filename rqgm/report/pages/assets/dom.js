"use strict";
// Elements. All that agents wrote goes through here, as text: no string is ever read as markup.

if (window.trustedTypes) {
  // The chart library empties its box with innerHTML = ""; any other text that would become markup is refused.
  window.trustedTypes.createPolicy("default", { createHTML: (text) => (text === "" ? "" : null) });
}

/** Make an element: h("a", {href: "#/tree", class: "x", onclick: f}, "text", child, [children]). */
function h(tag, props, ...children) {
  const made = document.createElement(tag);
  setProps(made, props);
  append(made, children);
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/** Make an SVG element. */
function svg(tag, props, ...children) {
  const made = document.createElementNS(SVG, tag);
  setProps(made, props);
  append(made, children);
  return made;
}

function setProps(made, props) {
  for (const [name, value] of Object.entries(props || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "href" && !String(value).startsWith("#")) throw new Error("links stay inside the page");
    else made.setAttribute(name, value === true ? "" : String(value));
  }
}

function append(made, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false || child === "") continue;
    made.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

let ids = 0;
/** Return an id that no other element has. */
function freshId(stem) {
  ids += 1;
  return `${stem}-${ids}`;
}

const FIRST_ROWS = 200;

/** A table in a box of its own that scrolls; long ones show their first rows until asked for all.
 *  columns: [{name, number, wide}], rows: arrays of cells (text or elements). */
function table(caption, columns, rows, options = {}) {
  const body = h("tbody");
  const fill = (some) => append(body, some.map((row) => tableRow(columns, row, options)));
  fill(rows.slice(0, FIRST_ROWS));
  const head = columns.map((c) => h("th", { scope: "col", class: c.number ? "number" : null }, c.name));
  const made = h(
    "table",
    { class: options.class },
    h("caption", options.hideCaption ? { class: "unseen" } : null, caption),
    h("thead", null, h("tr", null, head)),
    body,
  );
  const box = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption }, made);
  if (rows.length <= FIRST_ROWS) return box;
  const more = h("button", { type: "button", class: "more" }, `Show all ${rows.length} rows`);
  more.addEventListener("click", () => {
    fill(rows.slice(FIRST_ROWS));
    more.remove();
    box.focus();
  });
  return h("div", null, box, more);
}

function tableRow(columns, row, options) {
  return h(
    "tr",
    null,
    row.map((cell, i) =>
      h(
        i === 0 && !options.plain ? "th" : "td",
        { scope: i === 0 && !options.plain ? "row" : null, class: cellClass(columns[i]) },
        cell,
      ),
    ),
  );
}

function cellClass(column) {
  return [column.number && "number", column.wide && "wide"].filter(Boolean).join(" ") || null;
}

/** A list of terms and what they are. Entries whose value is null are left out. */
function facts(entries) {
  const shown = entries.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return h("dl", { class: "facts" }, shown.map(([term, value]) => h("div", null, h("dt", null, term), h("dd", null, value))));
}

/** A fold whose content is made when it is first opened. */
function fold(key, title, make, open = false) {
  const made = h("details", { "data-key": key }, h("summary", null, title));
  const fill = async () => {
    if (!made.open || made.dataset.filled) return;
    made.dataset.filled = "yes";
    append(made, [await make()]);
  };
  made.addEventListener("toggle", fill);
  if (open) {
    made.open = true;
    later(fill);
  }
  return made;
}

function section(title, ...children) {
  const id = freshId("section");
  return h("section", { "aria-labelledby": id }, h("h2", { id }, title), children);
}

/** Buttons that lead to the sections of a long page. */
function jumpBar(root) {
  const bar = h("div", { class: "bar jumps", role: "group", "aria-label": "On this page" });
  later(() => {
    for (const title of root.querySelectorAll("h2")) {
      title.tabIndex = -1;
      const jump = () => {
        title.scrollIntoView();
        title.focus({ preventScroll: true });
      };
      bar.append(h("button", { type: "button", onclick: jump }, title.textContent));
    }
  });
  return bar;
}

function note(...children) {
  return h("p", { class: "note" }, children);
}

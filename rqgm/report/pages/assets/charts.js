// Charts: drawn on canvas by ECharts, with a description for screen readers and the same figures as a table.

const LIGHT = ["#0072b2", "#d55e00", "#007a5a", "#b0508a", "#8a6d00", "#3a3a3a"];
const DARK = ["#56b4e9", "#f0a04b", "#3cc9a0", "#e59ac6", "#f0e442", "#d0d0d0"];
const DASHES = ["solid", "dashed", "dotted", [8, 3, 2, 3], "solid", "dashed"];
const SYMBOLS = ["circle", "diamond", "triangle", "rect", "pin", "roundRect"];
let shown = [];

function theme() {
  const style = getComputedStyle(document.documentElement);
  const get = (name) => style.getPropertyValue(name).trim();
  return {
    ink: get("--ink"), soft: get("--soft"), line: get("--line"), ground: get("--ground"), font: getComputedStyle(document.body).fontFamily,
    colours: isDark() ? DARK : LIGHT,
  }; // prettier-ignore
}

/** A chart: `option(theme)` is ECharts' option; `said` describes it; `data` is the table that says the same. */
function chart({ title, said, height = 320, option, data, onclick }) {
  const box = h("div", { class: "chart", role: "img", "aria-label": `${title}. ${said}` });
  box.style.height = `${height}px`;
  const one = { box, option, title, said, onclick, drawn: null };
  shown.push(one);
  later(() => draw(one));
  return h("figure", null, h("figcaption", null, title), box, data && fold(`table of ${title}`, "As a table", data));
}

function draw(one) {
  if (!one.drawn) {
    one.drawn = echarts.init(one.box, null, { renderer: "canvas" });
    if (one.onclick) one.drawn.on("click", one.onclick);
    new ResizeObserver(() => one.drawn && !one.drawn.isDisposed() && one.drawn.resize()).observe(one.box);
  }
  const t = theme();
  const axis = {
    axisLine: { lineStyle: { color: t.line } },
    axisLabel: { color: t.soft, fontSize: 12, hideOverlap: true },
    nameTextStyle: { color: t.soft, fontSize: 12 },
    splitLine: { lineStyle: { color: t.line, opacity: 0.5 } },
  };
  const made = one.option(t);
  for (const name of ["xAxis", "yAxis"]) made[name] = { ...axis, ...made[name] };
  one.drawn.setOption(
    {
      animation: false,
      color: t.colours,
      textStyle: { fontFamily: t.font, fontSize: 13, color: t.ink },
      aria: { enabled: true, label: { description: `${one.title}. ${one.said}` } },
      grid: { left: 8, right: 24, top: 48, bottom: 32, containLabel: true },
      legend: { top: 4, textStyle: { color: t.ink }, type: "scroll" },
      ...made,
      tooltip: {
        renderMode: "richText", // drawn, not written into the document
        backgroundColor: t.ground, borderColor: t.line, textStyle: { color: t.ink, fontSize: 12 },
        confine: true, ...made.tooltip,
      }, // prettier-ignore
    },
    true,
  );
  one.box.setAttribute("aria-label", `${one.title}. ${one.said}`);
}

const redrawCharts = () => shown.filter((one) => one.drawn).forEach(draw);

/** Forget the charts of a page that is left. */
function dropCharts(kept) {
  shown.filter((one) => !kept.includes(one)).forEach((one) => one.drawn && one.drawn.dispose());
  shown = kept;
}

/** Text for a tooltip: what ECharts takes for markup of its own is taken out. */
const tip = (text) => String(text).replace(/[{}|]/g, " ").slice(0, 160);

// The charts: trade-offs with their Pareto front, σ along temperature, windows beside electrodes.

let points = []; // of the trade-offs, by place from left to right
let current = -1;
const MOST_NUMBERED = 25;

const axisLevel = (value, column) => (column.log ? level(value) : value);
function rangeOf(values) {
  const [low, high] = spanOf(values);
  const room = high > low ? 0.06 * (high - low) : Math.max(0.5, 0.1 * Math.abs(high));
  return [low - room, high + room];
}

function frame(xScale, yScale, xColumn, yColumn, { left, top, right, bottom }) {
  const label = (value, column) => (column.log ? `1e${minus(String(value))}` : shown(value, column));
  const across = xColumn.log ? decades(xScale.low, xScale.high, 8) : ticks(xScale.low, xScale.high, (right - left) / 90);
  const up = yColumn.log ? decades(yScale.low, yScale.high, 9) : ticks(yScale.low, yScale.high, 7);
  return svg("g", {},
    across.map((value) => [
      svg("line", { class: "grid", x1: xScale(value), x2: xScale(value), y1: top, y2: bottom }),
      svg("text", { class: "soft", x: xScale(value), y: bottom + 16, "text-anchor": "middle" }, label(value, xColumn)),
    ]).flat(),
    up.map((value) => [
      svg("line", { class: "grid", x1: left, x2: right, y1: yScale(value), y2: yScale(value) }),
      svg("text", { class: "soft", x: left - 6, y: yScale(value) + 4, "text-anchor": "end" }, label(value, yColumn)),
    ]).flat(),
    svg("path", { class: "axis", d: `M${left} ${top}V${bottom}H${right}` }),
    svg("text", { x: right, y: bottom + 34, "text-anchor": "end" }, heading(xColumn)),
    svg("text", { x: 2, y: top - 8 }, heading(yColumn)));
}

function describe(row) {
  const [x, y] = [columnOf(state.x), columnOf(state.y)];
  return `${row.formula}: ${x.name} ${withUnit(number(row, x.name), x)}, ${y.name} ${withUnit(number(row, y.name), y)}; `
    + `${row.family}, ${row.domain} of what was measured`;
}

function drawPareto(list) {
  const [x, y] = [columnOf(state.x), columnOf(state.y)];
  byId("axes-meaning").textContent = `${x.name}: ${x.meaning}. ${y.name}: ${y.meaning}.`;
  const front = paretoFront(list, x.name, y.name, state.xHigh, state.yHigh);
  const width = widthOf(byId("plot"));
  const height = Math.min(440, Math.max(320, 0.6 * width));
  const box = { left: 62, top: 26, right: width - 14, bottom: height - 44 };
  points = list.filter((row) => number(row, x.name) !== null && number(row, y.name) !== null)
    .map((row) => ({ row, across: axisLevel(number(row, x.name), x), up: axisLevel(number(row, y.name), y) }))
    .sort((one, other) => one.across - other.across);
  current = -1;
  listFront(front);
  if (!points.length) {
    byId("plot").replaceChildren(el("p", {}, "No row has both."));
    return front;
  }
  const xScale = scale(rangeOf(points.map((point) => point.across)), [box.left, box.right]);
  const yScale = scale(rangeOf(points.map((point) => point.up)), [box.bottom, box.top]);
  const best = new Map(front.map((row, place) => [row, place + 1]));
  for (const point of points) Object.assign(point, { cx: xScale(point.across), cy: yScale(point.up) });
  const dots = points.map((point, place) => filled(
    mark(point.row.domain, point.cx, point.cy, best.has(point.row) ? 6 : 4, best.has(point.row) ? "dot best" : "dot"),
    { "data-place": place }, []));
  const leading = points.filter((point) => best.has(point.row));
  const line = leading.map((point, place) => `${place ? "L" : "M"}${point.cx} ${point.cy}`).join("");
  const numbers = leading.filter((point) => best.get(point.row) <= MOST_NUMBERED).map((point) => svg("text", {
    class: "number", x: point.cx + 8, y: point.cy - 7,
  }, String(best.get(point.row))));
  byId("plot").replaceChildren(svg("svg", {
    id: "points", width, height, tabindex: 0, role: "group", onkeydown: goAlong,
    "aria-label": `${points.length} rows, ${heading(x)} across, ${heading(y)} up; arrow keys go from point to point`,
    onclick: (event) => { const place = event.target.dataset.place; if (place) openDetails(points[place].row); },
    onpointerover: (event) => { const place = event.target.dataset.place; if (place) point(Number(place)); },
  }, frame(xScale, yScale, x, y, box), svg("path", { class: "front-line", d: line }), dots, numbers, key(box)));
  return front;
}

function key({ right, top }) {
  return svg("g", { "aria-hidden": "true" }, DOMAINS.map((domain, place) => [
    mark(domain, right - 170 + 62 * place, top - 12, 4.5),
    svg("text", { class: "soft", x: right - 162 + 62 * place, y: top - 8 }, domain),
  ]).flat());
}

function point(place) {
  current = place;
  byId("point").textContent = describe(points[place].row);
  byId("points").querySelector(".ring")?.remove();
  byId("points").append(svg("circle", { class: "ring", cx: points[place].cx, cy: points[place].cy, r: 10, "pointer-events": "none" }));
}

function goAlong(event) {
  const last = points.length - 1;
  const to = { ArrowRight: current + 1, ArrowDown: current + 1, ArrowLeft: current - 1, ArrowUp: current - 1, Home: 0, End: last }[event.key];
  if (to !== undefined) point(Math.min(last, Math.max(0, to)));
  else if (event.key === "Enter" && current >= 0) openDetails(points[current].row);
  else return;
  event.preventDefault();
}

function listFront(front) {
  const named = state.printing ? front : front.slice(0, MOST_NUMBERED);
  byId("front").replaceChildren(...named.map((row) => el("li", {},
    el("button", { type: "button", class: "link", onclick: () => openDetails(row) }, nameOf(row)))));
  byId("front-more").textContent = front.length > named.length ? `and ${front.length - named.length} more` : "";
}

const curveRange = (() => {
  const values = contents.curves.flatMap((curve) => [...curve.low, ...curve.high, ...curve.measured.map((each) => each[1])]);
  const [low, high] = spanOf([...values, -4]);
  return [Math.max(-12, Math.floor(low)), Math.min(2, Math.ceil(high))];
})();

function curvePanel(row, width = 330) {
  const curve = contents.curves[row.curve];
  const height = 210;
  const box = { left: 48, top: 10, right: width - 24, bottom: height - 34 };
  const x = scale([-20, 100], [box.left, box.right]);
  const up = scale(curveRange, [box.bottom, box.top]);
  const y = (value) => up(Math.min(curveRange[1], Math.max(curveRange[0], value)));
  const path = (values) => values.map((value, place) => `${place ? "L" : "M"}${x(curve.T[place])} ${y(value)}`).join("");
  const limit = Math.log10(contents.threshold_S_cm);
  const back = curve.low.map((value, place) => `L${x(curve.T[place])} ${y(value)}`).reverse().join("");
  const measured = curve.measured.map(([T, value, relation]) => {
    const [cx, cy, turn] = [x(T), y(value), relation === "<" ? 1 : -1];
    return "<>".includes(relation)
      ? svg("path", { class: "measured", d: `M${cx - 4} ${cy - 4 * turn}H${cx + 4}L${cx} ${cy + 4 * turn}Z` })
      : svg("circle", { class: "measured", cx, cy, r: 3 });
  });
  const said = `σ of ${row.formula} from ${exponent(10 ** curve.mid[0])} S/cm at −20 °C to ${exponent(10 ** curve.mid.at(-1))} S/cm at 100 °C, ${curve.measured.length} measured values`;
  return svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": said },
    [-20, 0, 25, 50, 75, 100].map((T) => [
      svg("line", { class: "grid", x1: x(T), x2: x(T), y1: box.top, y2: box.bottom }),
      svg("text", { class: "soft", x: x(T), y: box.bottom + 16, "text-anchor": "middle" }, T === 100 ? "100 °C" : minus(String(T))),
    ]).flat(),
    decades(...curveRange, 7).map((value) => [
      svg("line", { class: "grid", x1: box.left, x2: box.right, y1: y(value), y2: y(value) }),
      svg("text", { class: "soft", x: box.left - 5, y: y(value) + 4, "text-anchor": "end" }, `1e${minus(String(value))}`),
    ]).flat(),
    svg("line", { class: "threshold", x1: box.left, x2: box.right, y1: y(limit), y2: y(limit) }),
    curve.transitions.map((T) => svg("line", { class: "electrode", x1: x(T), x2: x(T), y1: box.top, y2: box.bottom })),
    svg("path", { class: "band", d: `${path(curve.high)}${back}Z` }),
    svg("path", { class: "limit", d: path(curve.low) }), svg("path", { class: "limit", d: path(curve.high) }),
    svg("path", { class: "curve", d: path(curve.mid) }), measured,
    svg("path", { class: "axis", d: `M${box.left} ${box.top}V${box.bottom}H${box.right}` }));
}

function drawCurves(list) {
  const met = new Set();
  const drawable = list.filter((row) => row.curve !== null && !met.has(row.curve) && met.add(row.curve));
  const visible = state.printing ? drawable : drawable.slice(0, state.curves);
  byId("curves-hint").textContent = `S/cm against °C, for the first ${contents.curves.length} materials by ${order}, as far as they are chosen above. `
    + "Line: predicted; dashed limits: 90 % interval; dashed straight: the threshold; ○ measured, ▽ △ bounds; dotted: a known phase transition. What lies beyond an axis stands at its end.";
  byId("panels").replaceChildren(...visible.map((row) => el("figure", {},
    el("figcaption", {}, `${row.place + 1} · `, el("button", { type: "button", class: "link", onclick: () => openDetails(row) }, nameOf(row))),
    curvePanel(row))));
  moreButton("more-curves", drawable.length - visible.length, () => { state.curves = Infinity; });
}

function moreButton(id, hidden, more) {
  byId(id).hidden = hidden <= 0;
  byId(id).textContent = `Show ${hidden} more`;
  byId(id).onclick = () => { more(); drawAll(); };
}

function drawWindows(list) {
  const drawable = list.filter((row) => number(row, "V_red") !== null && number(row, "V_ox") !== null);
  byId("windows").hidden = !isKnown("V_ox");
  const visible = drawable.slice(0, state.printing ? 40 : state.windows);
  const width = widthOf(byId("bars"));
  const [top, step] = [50, 40];
  const height = top + step * visible.length + 40;
  const [, highest] = spanOf([5, ...visible.map((row) => number(row, "V_ox"))]);
  const x = scale([Math.min(0, ...visible.map((row) => number(row, "V_red"))), highest], [12, width - 22]);
  const lines = contents.electrodes.map((electrode, place) => {
    const chosen = electrode.name === state.anode || electrode.name === state.cathode;
    const [at, tall] = [x(electrode.V), 14 + 13 * (place % 3)];
    return [
      svg("line", { class: chosen ? "electrode chosen" : "electrode", x1: at, x2: at, y1: tall + 3, y2: height - 36 }),
      svg("text", { class: chosen ? null : "soft", x: at, y: tall, "text-anchor": electrode.V === 0 ? "start" : "middle", "font-weight": chosen ? 700 : null }, `${electrode.name} ${electrode.V}`),
    ];
  }).flat();
  const bars = visible.map((row, place) => {
    const [red, ox, y] = [number(row, "V_red"), number(row, "V_ox"), top + step * place];
    return svg("g", {},
      svg("text", { class: "label", x: 18, y: y + 14 }, `${row.place + 1} · `, svgName(row, Math.floor(width / 9))),
      svg("text", { class: "soft label", x: width - 22, y: y + 14, "text-anchor": "end" }, `${volts(red)} to ${volts(ox)} V`),
      svg("rect", { class: "bar", x: x(red), y: y + 20, width: Math.max(1, x(ox) - x(red)), height: 12 }));
  });
  byId("bars").replaceChildren(visible.length ? svg("svg", { width, height, role: "img", "aria-label": `windows of ${visible.length} rows; the table holds the numbers` },
    lines, bars,
    ticks(x.low, x.high, 8).map((value) => svg("text", { class: "soft", x: x(value), y: height - 18, "text-anchor": "middle" }, shown(value))),
    svg("text", { x: width - 22, y: height - 2, "text-anchor": "end" }, "V against Li/Li⁺")) : el("p", {}, "No chosen row has a window."));
  moreButton("more-windows", drawable.length - visible.length, () => { state.windows += 40; });
}

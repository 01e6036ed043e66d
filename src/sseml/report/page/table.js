// The table of answers: headings that sort, pages, and a small bar for each interval.

const PAGE = 50;
const BAR_WIDTH = 120;
const several = new Set(rows.map((row) => number(row, "temperature_C"))).size > 1;
const threshold = String(Number(contents.threshold_S_cm).toExponential());

const barRange = (() => {
  const levels = rows.flatMap((row) => [
    level(number(row, "sigma_low_S_cm")), level(Math.min(number(row, "sigma_high_S_cm"), 100)),
  ]);
  return rows.length ? [Math.floor(Math.min(...spanOf(levels))), Math.ceil(Math.max(...spanOf(levels)))] : [-10, 0];
})();

function spanOf(values) {
  return values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
}

function intervalBar(row) {
  const at = scale(barRange, [6, BAR_WIDTH - 6]);
  const [low, mid, high] = ["sigma_low_S_cm", "sigma_S_cm", "sigma_high_S_cm"].map((name) => number(row, name));
  const limit = Math.log10(contents.threshold_S_cm);
  const known = number(row, "measured_sigma_S_cm");
  const right = at(Math.min(level(high), barRange[1]));
  return svg("svg", { width: BAR_WIDTH, height: 18, role: "img", "aria-label": `${exponent(low)} to ${exponent(high)} S/cm` },
    svg("line", { class: "threshold", x1: at(limit), x2: at(limit), y1: 0, y2: 18 }),
    svg("line", { class: `${row.domain} span`, x1: at(level(low)), x2: right, y1: 9, y2: 9 }),
    mark(row.domain, at(level(mid)), 9, 4),
    known === null ? null : diamond(at(level(known)), 9, 4));
}

function materialCell(row) {
  const typed = row.input.trim() !== row.formula;
  return el("th", { scope: "row", class: "name" },
    el("button", { type: "button", class: "link", onclick: () => openDetails(row) }, nameOf(row)),
    typed ? el("span", { class: "typed" }, row.input) : null);
}

function nearestCell(row) {
  if (!row.nearest.length) return el("td", {}, "–");
  const [place, distance] = row.nearest[0];
  const [formula, sigma, , , doi, reference] = contents.measured[place];
  return el("td", {}, isFormula(row) ? withLow(formula) : formula, ` (${distance}) ${exponent(sigma)}`,
    el("span", { class: "source" }, doiLink(doi, reference)));
}

function measuredCell(row) {
  const sigma = number(row, "measured_sigma_S_cm");
  const count = number(row, "measured_count");
  return el("td", { class: "number" }, sigma === null ? "–" : exponent(sigma), count > 1 ? ` (${count})` : "");
}

const numeric = (name, text = shown) => (row) => el("td", { class: "number" }, text(number(row, name), columnOf(name)));
const domainCell = (row) => el("td", {}, el("span", { class: "unit" },
  svg("svg", { width: 14, height: 12, "aria-hidden": "true" }, mark(row.domain, 7, 6, 4.5)), ` ${row.domain}`));

// [heading, unit, column it sorts by, cell]
const shownColumns = [
  ["#", "", "place", (row) => el("td", { class: "number" }, String(row.place + 1))],
  ["material", "", "input", materialCell],
  ...(several ? [["T", "°C", "temperature_C", numeric("temperature_C")]] : []),
  ["σ", "S/cm", "sigma_S_cm", numeric("sigma_S_cm")],
  ["90 % interval", `${exponent(10 ** barRange[0], 0)} to ${exponent(10 ** barRange[1], 0)}`, "interval_decades", (row) => el("td", {}, intervalBar(row))],
  [`P(σ ≥ ${threshold})`, "", "p_superionic", numeric("p_superionic", percent)],
  ["family", "", "family", (row) => el("td", {}, row.family)],
  ["Eₐ", "eV", "activation_energy_eV", numeric("activation_energy_eV", volts)],
  ["V_red", "V", "V_red", numeric("V_red", volts)],
  ["V_ox", "V", "V_ox", numeric("V_ox", volts)],
  ["margin", "V", "window_margin_V", numeric("window_margin_V", volts)],
  ["above hull", "eV/atom", "e_above_hull_eV_atom", numeric("e_above_hull_eV_atom")],
  ["domain", "", "domain", domainCell],
  ["measured", "S/cm", "measured_sigma_S_cm", measuredCell],
  ["nearest measured", "distance, S/cm", "nearest_distance", nearestCell],
  ...contents.columns.filter((column) => column.beside)
    .map((column) => [column.name, column.unit, column.name, numeric(column.name)]),
].filter(([, , name]) => OWN.includes(name) || isKnown(name));

function sortBy(name) {
  const best = OWN.includes(name) ? false : columnOf(name).high;
  const again = state.sort.name === name;
  state.sort = { name, descending: again ? !state.sort.descending : best };
  state.page = 0;
  drawAll();
  byId("table").querySelector(`[data-column="${CSS.escape(name)}"]`).focus();
}

function drawHead() {
  const direction = state.sort.descending ? "descending" : "ascending";
  byId("table").tHead.replaceChildren(el("tr", {},
    shownColumns.map(([text, unit, name]) => el("th", {
      scope: "col", class: name === "input" ? "name" : null, "aria-sort": state.sort.name === name ? direction : null,
    }, el("button", { type: "button", "data-column": name, onclick: () => sortBy(name), title: columnOf(name)?.meaning }, text),
    unit ? el("span", { class: "unit" }, unit) : null))));
}

function drawTable(list) {
  const pages = Math.max(1, Math.ceil(list.length / PAGE));
  state.page = Math.min(Math.max(0, state.page), pages - 1);
  const first = state.page * PAGE;
  const visible = state.printing ? list : list.slice(first, first + PAGE);
  drawHead();
  byId("table").tBodies[0].replaceChildren(...visible.map((row) => el("tr", {},
    shownColumns.map(([, , , cell]) => cell(row)))));
  const turn = (text, page, off) => el("button", { type: "button", disabled: off ? "" : null, onclick: () => { state.page = page; drawAll(); } }, text);
  byId("pager").replaceChildren(
    turn("First", 0, state.page === 0), turn("Previous", state.page - 1, state.page === 0),
    el("span", { role: "status" }, list.length ? `rows ${first + 1}–${Math.min(first + PAGE, list.length)} of ${list.length}` : "no row"),
    turn("Next", state.page + 1, state.page === pages - 1), turn("Last", pages - 1, state.page === pages - 1));
  byId("pager").hidden = list.length <= PAGE;
}

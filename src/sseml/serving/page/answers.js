// What comes back, drawn as the table of the command line, and saved as its CSV.

const MOST_SHOWN = 500;
const SIGMA = (value) => (value === null ? "–" : exponent(value));

function newTab(link) {
  if (link instanceof Element) link.setAttribute("target", "_blank");
  return link;
}

function materialCell(record) {
  const typed = record.input.trim() !== record.formula;
  return el("th", { scope: "row", class: "name" }, nameOf(record), typed ? el("span", { class: "typed" }, record.input) : null);
}

function windowCell(record) {
  const known = record.V_red !== null && record.V_ox !== null;
  return el("td", { class: "number", title: record.window_note }, known ? `${volts(record.V_red)} to ${volts(record.V_ox)}` : "–");
}

function measuredCell(record) {
  const many = record.measured_count > 1 ? ` (${record.measured_count} of ${record.measured_papers})` : "";
  return el("td", { class: "number" }, `${SIGMA(record.measured_sigma_S_cm)}${many}`);
}

function nearestCell(record) {
  const [first] = record.nearest;
  if (!first) return el("td", {}, "–");
  return el("td", { class: "wrap" }, isFormula(record) ? withLow(first.formula) : first.formula,
    ` (${first.distance}) ${SIGMA(first.sigma_S_cm)}`,
    el("span", { class: "source" }, newTab(doiLink(first.doi, first.reference))));
}

const cell = (text) => el("td", { class: "number" }, text);
const domainCell = (record) => el("td", {}, el("span", { class: "unit" },
  svg("svg", { width: 14, height: 12, "aria-hidden": "true" }, mark(record.domain, 7, 6, 4.5)), ` ${record.domain}`));

// [heading, unit, cell]
const SHOWN = [
  ["material", "", materialCell],
  ["T", "°C", (record) => cell(shown(record.temperature_C))],
  ["σ", "S/cm", (record) => cell(SIGMA(record.sigma_S_cm))],
  ["90 % interval", "S/cm", (record) => cell(`${exponent(record.sigma_low_S_cm)} to ${exponent(record.sigma_high_S_cm)}`)],
  ["P(σ ≥ 1e-4)", "", (record) => cell(percent(record.p_superionic))],
  ["Eₐ", "eV", (record) => cell(volts(record.activation_energy_eV))],
  ["window", "V vs Li/Li⁺", windowCell],
  ["family", "", (record) => el("td", {}, record.family)],
  ["domain", "of what was measured", domainCell],
  ["measured", "S/cm (values of papers)", measuredCell],
  ["nearest measured", "(distance) S/cm", nearestCell],
];

const heads = (list) => el("tr", {}, list.map(([text, unit]) => el("th", { scope: "col", class: text === "material" ? "name" : null }, text,
  unit ? el("span", { class: "unit" }, unit) : null)));

function fill(table, head, list) {
  table.tHead.replaceChildren(heads(head));
  table.tBodies[0].replaceChildren(...list);
}

function drawAnswers(records) {
  const list = records.slice(0, MOST_SHOWN);
  byId("answered").hidden = !list.length;
  byId("caption").textContent = records.length > list.length
    ? `The first ${list.length} of ${records.length} answers; the CSV holds all.` : "Predicted; measured values stand beside.";
  fill(byId("table"), SHOWN, list.map((record) => el("tr", {}, SHOWN.map(([, , of]) => of(record)))));
}

// A refusal without what stands beside it already: row and text.
function reasonOf(record) {
  const reason = record.error.message.replace(/^row \d+: /, "");
  const said = [`'${record.input}': `, `"${record.input}": `].find((text) => reason.startsWith(text));
  return said ? reason.slice(said.length) : reason;
}

function drawRefused(refused) {
  byId("refusals").hidden = !refused.length;
  fill(byId("refused"), [["where"], ["text"], ["reason"]], refused.slice(0, MOST_SHOWN)
    .map(({ place, record }) => el("tr", {}, [place, record.input, reasonOf(record)].map((text) => el("td", {}, text)))));
}

function drawRemarks(warnings) {
  byId("remarks").hidden = !warnings.length;
  byId("remarked").replaceChildren(...warnings.map((each) => el("li", {}, each.columns ? `${each.message}: ${each.columns.join(", ")}` : each.message)));
}

// A text that a spreadsheet would run as a formula gets an apostrophe, as on the command line.
const LIVE = /^[=+\-@\t\r\n＝＋－＠]|^[\p{Cc}\p{Cf}\p{Z}]+[=+\-@＝＋－＠]/u;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

function csvCell(value) {
  if (value === null || value === undefined) return "";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  const inert = typeof value === "string" && LIVE.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}

function flat({ nearest: [first], error, ...record }) {
  const named = Object.entries(first ?? {}).map(([name, value]) => [`nearest_${name}`, value]);
  return { ...record, error: error && error.message, ...Object.fromEntries(named.filter(([name]) => contents.columns.includes(name))) };
}

function csvOf(records) {
  const rows = records.map(flat);
  const names = [...new Set([...contents.columns, ...rows.flatMap(Object.keys)])];
  return [names, ...rows.map((row) => names.map((name) => row[name]))].map((cells) => `${cells.map(csvCell).join(",")}\n`).join("");
}

function save(text) {
  const href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  el("a", { href, download: "sseml.csv" }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10000);
}

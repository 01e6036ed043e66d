// How things are drawn: elements, formulas, numbers, scales. Texts are only ever text nodes.

const SVG = "http://www.w3.org/2000/svg";

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}
const el = (tag, attributes = {}, ...children) => filled(document.createElement(tag), attributes, children);
const svg = (tag, attributes = {}, ...children) => filled(document.createElementNS(SVG, tag), attributes, children);
const byId = (id) => document.getElementById(id);

const AMOUNT = /(?<=[A-Za-z)\]])\d+(?:\.\d+)?/g;
const isFormula = (row) => row.kind === "composition" || row.kind === "crystal";

// Parts of a formula: [text, whether it is an amount], amounts to four digits.
function formulaParts(text) {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(AMOUNT)) {
    parts.push([text.slice(end, found.index), false], [String(Number(Number(found[0]).toPrecision(4))), true]);
    end = found.index + found[0].length;
  }
  return [...parts, [text.slice(end), false]].filter(([part]) => part);
}
const withLow = (text) => formulaParts(text).map(([part, low]) => (low ? el("sub", {}, part) : part));
const nameOf = (row) => (isFormula(row) ? withLow(row.formula) : [row.formula]);

function svgName(row, longest = 60) {
  const whole = row.formula;
  const text = whole.length > longest ? `${whole.slice(0, longest - 1)}…` : whole;
  if (!isFormula(row)) return [text];
  let down = false;
  return formulaParts(text).map(([part, low]) => {
    const dy = low === down ? 0 : low ? 3 : -3;
    down = low;
    return svg("tspan", { dy, "font-size": low ? 9 : null }, part);
  });
}

const minus = (text) => text.replace(/^-/, "−");
const exponent = (value, digits = 1) => value.toExponential(digits).replace("e+", "e");
function shown(value, column) {
  if (value === null || value === undefined) return "–";
  if (column?.log) return exponent(value);
  if (Number.isInteger(value)) return minus(String(value));
  const size = Math.abs(value);
  return minus(size >= 1e5 || size < 1e-3 ? exponent(value, 2) : String(Number(value.toPrecision(3))));
}
const withUnit = (value, column) => [shown(value, column), column.unit].filter(Boolean).join(" ");
const volts = (value) => (value === null ? "–" : minus(value.toFixed(2)));
const percent = (share) => (share > 0 && share < 0.005 ? "< 1 %"
  : share < 1 && share > 0.995 ? "> 99 %" : `${(100 * share).toFixed(0)} %`);
const heading = (column) => (column.unit ? `${column.name} (${column.unit})` : column.name);

function doiLink(doi, reference) {
  if (doi && /^10\.\d+\//.test(doi)) {
    const href = `https://doi.org/${encodeURI(doi).replace(/[#?]/g, encodeURIComponent)}`;
    return el("a", { href, rel: "noopener noreferrer" }, doi);
  }
  return doi || reference || "no DOI";
}

const MARKS = {
  inside: (x, y, r) => svg("circle", { cx: x, cy: y, r }),
  edge: (x, y, r) => svg("rect", { x: x - r * 0.9, y: y - r * 0.9, width: 1.8 * r, height: 1.8 * r }),
  outside: (x, y, r) => svg("path", { d: `M${x} ${y - 1.2 * r}L${x + 1.15 * r} ${y + 0.9 * r}H${x - 1.15 * r}Z` }),
};
function mark(domain, x, y, r, more = "") {
  return filled(MARKS[domain](x, y, r), { class: `${domain} ${more}`.trim() }, []);
}
const diamond = (x, y, r) => svg("path", { class: "measured", d: `M${x - r} ${y}L${x} ${y - r}L${x + r} ${y}L${x} ${y + r}Z` });

const LOWEST = 1e-14; // no instrument measures less
const level = (sigma) => Math.log10(Math.max(sigma, LOWEST));

function scale([low, high], [from, to]) {
  const place = (value) => from + ((value - low) / (high - low)) * (to - from);
  return Object.assign(place, { low, high });
}

// Round steps between two numbers, at most `most` of them.
function ticks(low, high, most) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + 1e-9 * step; at += 1) found.push(at * step);
  return found.map((value) => Number(value.toPrecision(12)));
}
const decades = (low, high, most) => ticks(low, high, most).filter(Number.isInteger);
const widthOf = (element) => Math.max(280, element.clientWidth);

// What the page holds, and what is calculated from it: columns, filter, order, Pareto front.

const contents = JSON.parse(document.getElementById("contents").textContent);
const rows = contents.rows;
const DOMAINS = ["inside", "edge", "outside"];
for (const [side, V] of Object.entries(contents.asked_V)) {
  if (V !== null) contents.electrodes.push({ name: `${side} asked for`, side, V, what: "as asked for", doi: "" });
}
const anodes = contents.electrodes.filter((each) => each.side === "anode");
const cathodes = contents.electrodes.filter((each) => each.side === "cathode");
const places = new Map(contents.columns.map((column, place) => [column.name, place]));
rows.forEach((row, place) => { row.place = place; });

const CHOSEN_AT_FIRST = {
  anode: contents.asked_V.anode === null ? "Li metal" : "anode asked for",
  cathode: contents.asked_V.cathode === null ? "LFP" : "cathode asked for",
};
const state = {
  search: "", family: "", domain: "", least: 0, onlyFront: false, ...CHOSEN_AT_FIRST,
  sort: { name: "place", descending: false }, page: 0,
  x: "", y: "", xHigh: true, yHigh: true, curves: 6, windows: 12, printing: false,
};

const potential = (name) => contents.electrodes.find((each) => each.name === name).V;
const difference = (high, low) => (high === null || low === null ? null : high - low);

// Columns that follow from others; the margins depend on the chosen electrodes.
const derived = [
  {
    name: "interval_decades", unit: "decades", log: false, high: false,
    meaning: "width of the 90 % interval of σ",
    of: (row) => {
      const [low, high] = [number(row, "sigma_low_S_cm"), number(row, "sigma_high_S_cm")];
      return low > 0 && high > 0 ? Math.log10(high / low) : null;
    },
  },
  {
    name: "window_width_V", unit: "V", log: false, high: true, meaning: "V_ox minus V_red",
    of: (row) => difference(number(row, "V_ox"), number(row, "V_red")),
  },
  {
    name: "window_margin_V", unit: "V", log: false, high: true,
    meaning: "the smaller of: anode potential minus V_red, V_ox minus cathode potential; "
      + "0 or more: the window holds both electrodes",
    of: (row) => {
      const [red, ox] = [number(row, "V_red"), number(row, "V_ox")];
      if (red === null || ox === null) return null;
      return Math.min(potential(state.anode) - red, ox - potential(state.cathode));
    },
  },
];
const columns = [...contents.columns, ...derived];
const columnOf = (name) => columns.find((column) => column.name === name);

function number(row, name) {
  const place = places.get(name);
  if (place !== undefined) return row.numbers[place];
  const column = derived.find((each) => each.name === name);
  return column ? column.of(row) : null;
}

const isKnown = (name) => rows.some((row) => number(row, name) !== null);
const order = contents.order || "σ";
const OWN = ["place", "input", "family", "domain", "kind", "model"]; // of a row, beside its numbers
const valueOf = (row, name) => (OWN.includes(name) ? row[name] : number(row, name));
const haystack = (row) => (row.haystack ??= [
  row.input, row.formula, row.family, row.kind, ...row.own,
  ...row.notes.map((place) => contents.texts[place]),
].join("\n").toLowerCase());

function filtered() {
  const words = state.search.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => (!state.family || row.family === state.family)
    && (!state.domain || row.domain === state.domain)
    && number(row, "p_superionic") >= state.least
    && words.every((word) => haystack(row).includes(word)));
}

// Missing values are last in both directions; equal ones keep their rank.
function sorted(list) {
  const { name, descending } = state.sort;
  const sign = descending ? -1 : 1;
  return list.map((row) => [valueOf(row, name), row]).sort(([one, a], [other, b]) => {
    if (one === null || other === null) return (one === null) - (other === null) || a.place - b.place;
    const order = typeof one === "string" ? one.localeCompare(other) : one - other;
    return sign * order || a.place - b.place;
  }).map(([, row]) => row);
}

// Rows of which none is at least as good in both and better in one; best x first.
function paretoFront(list, x, y, xHigh, yHigh) {
  const points = list.map((row) => [number(row, x), number(row, y), row])
    .filter(([across, up]) => across !== null && up !== null)
    .map(([across, up, row]) => [xHigh ? across : -across, yHigh ? up : -up, row])
    .sort((one, other) => other[0] - one[0] || other[1] - one[1]);
  const front = [];
  let best = [NaN, -Infinity];
  for (const [across, up, row] of points) {
    if (up > best[1]) best = [across, up];
    else if (up !== best[1] || across !== best[0]) continue;
    front.push(row);
  }
  return front;
}

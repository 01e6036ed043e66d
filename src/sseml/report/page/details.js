// All about one row: what is predicted, what was measured of it and near it, and why.

// A text in whose numbers no line ends: 1.5e-3 is one word.
const unbroken = (text) => text.split(/(\d[\d.]*e-\d+)/).map((part, place) => (place % 2 ? el("span", { class: "whole" }, part) : part));

function pairs(list) {
  return el("dl", {}, list.filter(([, text]) => text !== "").map(([name, text]) => [el("dt", {}, name), el("dd", {}, unbroken(text))]).flat());
}

function measurement(place, row, distance) {
  const [formula, sigma, relation, T, doi, reference] = contents.measured[place];
  const sign = "<>".includes(relation) ? relation : "";
  return el("li", {}, distance === undefined ? [] : [isFormula(row) ? withLow(formula) : formula, ` (${distance} away): `].flat(),
    unbroken(`${sign}${exponent(sigma)} S/cm at ${shown(T)} °C, `), doiLink(doi, reference));
}

function listed(head, items) {
  return items.length ? [el("h3", {}, head), el("ul", {}, items)] : [];
}

function whyOf(row) {
  const made = row.made_of;
  if (!made) return [];
  const weights = made.measurements.slice(0, 8).map((each) => el("li", {}, `${each.weight.toFixed(3)} × `, withLow(each.formula),
    `, ${exponent(each.sigma_S_cm)} S/cm at ${shown(each.temperature_C)} °C, `, doiLink(each.doi, each.reference)));
  const moves = made.features.map((each) => el("li", {}, `${each.decades > 0 ? "+" : ""}${minus(each.decades.toFixed(2))} decades by ${each.name}: `
    + `${shown(each.value)} (mean of ${made.compared_with || "all that was measured"} ${shown(each.family_mean)})`));
  return [...listed("Measurements that weigh most", weights), ...listed("What moves it", moves)];
}

function detailsOf(row, headingId) {
  const value = (name) => withUnit(number(row, name), columnOf(name));
  const has = (name) => number(row, name) !== null;
  const facts = [
    ["written as", row.input.trim() === row.formula ? "" : row.input],
    ["row", `${row.row} of the input; rank ${row.place + 1} of ${rows.length} by ${order}`],
    ["family, kind", `${row.family}, ${row.kind}`],
    ["σ", `${value("sigma_S_cm")} at ${value("temperature_C")}; 90 %: ${shown(number(row, "sigma_low_S_cm"), { log: true })} to ${value("sigma_high_S_cm")}`],
    [`P(σ ≥ ${threshold} S/cm)`, percent(number(row, "p_superionic"))],
    ["conductor", `${percent(number(row, "p_conductor"))} that σ(25 °C) > 1e-7 S/cm; if so ${value("sigma_if_conductor_S_cm")}`],
    ["activation energy", `${volts(number(row, "activation_energy_eV"))} eV`],
    ["domain", `${row.domain} of what was measured`],
    ["window", has("V_ox") ? `${volts(number(row, "V_red"))} to ${volts(number(row, "V_ox"))} V; margin ${volts(number(row, "window_margin_V"))} V against ${state.anode} and ${state.cathode}` : ""],
    ["above the hull", has("e_above_hull_eV_atom") ? value("e_above_hull_eV_atom") : ""],
    ["on the window", row.window_note === null ? "" : contents.texts[row.window_note]],
    ["model", row.model],
    ...contents.own_columns.map((name, place) => [name, row.own[place] === null ? "" : String(row.own[place])]),
  ];
  return [
    el("h2", { id: headingId }, nameOf(row)), pairs(facts),
    row.curve !== null ? el("figure", {}, el("figcaption", {}, "σ (S/cm) along temperature"), curvePanel(row)) : null,
    ...listed("Measured of this very material", row.same.map((place) => measurement(place, row))),
    ...listed("Nearest measured materials", row.nearest.map(([place, distance]) => measurement(place, row, distance))),
    ...whyOf(row), ...listed("Notes", row.notes.map((place) => el("li", {}, contents.texts[place]))),
  ];
}

function openDetails(row) {
  const dialog = byId("details");
  const close = el("button", { type: "button", class: "close", autofocus: "", onclick: () => dialog.close() }, "Close");
  dialog.replaceChildren(close, ...detailsOf(row, "details-head").filter(Boolean));
  dialog.showModal();
  dialog.scrollTop = 0;
}

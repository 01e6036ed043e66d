// What is drawn once, and what redraws: fields, width, theme, print.

const MOST_PRINTED = 200;

function drawAll() {
  const chosen = sorted(filtered());
  const front = drawPareto(chosen);
  const list = state.onlyFront ? chosen.filter((row) => front.includes(row)) : chosen;
  drawTable(list);
  drawCurves(list);
  drawWindows(list);
  byId("shown").textContent = `${list.length} of ${rows.length} rows`;
}

function options(select, values, texts = values) {
  select.replaceChildren(...values.map((value, place) => el("option", { value }, texts[place])));
}

function drawOnce() {
  const { rows: less, refused: lessRefused } = contents.left_out;
  const count = contents.refused.length + lessRefused;
  byId("summary").textContent = `${rows.length + less} answered${rows.length ? `, ranked by ${order}` : ""}${less ? `, the first ${rows.length} shown` : ""}; ${count} refused`
    + `${contents.made_on ? `; ${contents.made_on}` : ""}`;
  byId("refusals").hidden = !count;
  byId("refused").replaceChildren(
    el("thead", {}, el("tr", {}, ["row", "text", "reason", "instead"].map((text) => el("th", { scope: "col" }, text)))),
    el("tbody", {}, contents.refused.map((cells) => el("tr", {}, cells.map((cell) => el("td", {}, String(cell)))))));
  byId("refused-more").textContent = lessRefused ? `and ${lessRefused} more` : "";
  byId("electrodes").replaceChildren(...contents.electrodes.map((each) => el("li", {}, `${each.name}: ${each.V} V, ${each.what}`, ...(each.doi ? [", ", doiLink(each.doi)] : []))));
  byId("cards").replaceChildren(...contents.models.map((model) => el("div", {},
    el("h3", {}, `${model.name} (${model.kind}), sseml ${model.version}`), el("p", { class: "hint" }, model.target),
    model.figures.length ? el("div", { class: "scroll", role: "region", tabindex: 0, "aria-label": `figures of ${model.name}` }, el("table", {},
      el("thead", {}, el("tr", {}, ["held out", "figure", "value"].map((text) => el("th", { scope: "col" }, text)))),
      el("tbody", {}, model.figures.map((cells) => el("tr", {}, cells.map((cell) => el("td", {}, String(cell)))))))) : el("p", {}, "It has no figures."))));
  byId("made-with").replaceChildren(...pairs(contents.settings).childNodes);
  byId("curves").hidden = !contents.curves.length;
}

function fillFields() {
  const families = [...new Set(rows.map((row) => row.family))].sort((one, other) => one.localeCompare(other));
  options(byId("family"), ["", ...families], ["all", ...families]);
  options(byId("domain"), ["", ...DOMAINS], ["all", ...DOMAINS]);
  for (const [id, list] of [["anode", anodes], ["cathode", cathodes]]) {
    options(byId(id), list.map((each) => each.name), list.map((each) => `${each.name}, ${each.V} V`));
    byId(id).value = state[id];
    byId(id).closest("label").hidden = !isKnown("V_ox");
  }
  byId("least-label").firstChild.textContent = `P(σ ≥ ${threshold} S/cm) at least `;
  const usable = columns.filter((column) => isKnown(column.name));
  const first = { x: isKnown("window_margin_V") ? "window_margin_V" : "interval_decades", y: "sigma_S_cm" };
  for (const axis of ["x", "y"]) {
    options(byId(axis), usable.map((column) => column.name), usable.map(heading));
    setAxis(axis, first[axis]);
  }
}

function setAxis(axis, name) {
  state[axis] = name;
  state[`${axis}High`] = columnOf(name).high;
  byId(axis).value = name;
  byId(`${axis}-better`).value = state[`${axis}High`] ? "high" : "low";
}

function readFields() {
  const least = Number(byId("least").value);
  Object.assign(state, {
    search: byId("search").value, family: byId("family").value, domain: byId("domain").value,
    least: Number.isFinite(least) ? least : 0, onlyFront: byId("only-front").checked,
    anode: byId("anode").value, cathode: byId("cathode").value, page: 0,
  });
  drawAll();
}

function soon(action, wait_ms) {
  let waiting;
  return () => { clearTimeout(waiting); waiting = setTimeout(action, wait_ms); };
}

function listen() {
  const form = byId("filter-form");
  form.addEventListener("input", soon(readFields, 120));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => {
    for (const [id, name] of Object.entries(CHOSEN_AT_FIRST)) byId(id).value = name;
    readFields();
  }));
  for (const axis of ["x", "y"]) {
    byId(axis).addEventListener("change", (event) => { setAxis(axis, event.target.value); drawAll(); });
    byId(`${axis}-better`).addEventListener("change", (event) => { state[`${axis}High`] = event.target.value === "high"; drawAll(); });
  }
  let width = window.innerWidth;
  window.addEventListener("resize", soon(() => { if (width !== window.innerWidth) { width = window.innerWidth; drawAll(); } }, 150));
  const themes = ["system", "light", "dark"];
  let theme = 0;
  byId("theme").addEventListener("click", () => {
    theme = (theme + 1) % themes.length;
    if (theme) document.documentElement.dataset.theme = themes[theme];
    else delete document.documentElement.dataset.theme;
    byId("theme").textContent = `Theme: ${themes[theme]}`;
  });
  window.addEventListener("beforeprint", () => print(true));
  window.addEventListener("afterprint", () => print(false));
}

// On paper stand all chosen rows, and the evidence of the first of them.
function print(starts) {
  state.printing = starts;
  drawAll();
  for (const each of document.querySelectorAll("main details")) each.open = starts;
  const chosen = starts ? sorted(filtered()) : [];
  byId("printed").hidden = !starts;
  byId("printed").replaceChildren(...chosen.slice(0, MOST_PRINTED).map((row) => el("article", {}, detailsOf(row))),
    ...(chosen.length > MOST_PRINTED ? [el("p", {}, `Evidence is printed for the first ${MOST_PRINTED} rows.`)] : []));
}

drawOnce();
if (rows.length) {
  fillFields();
  listen();
  drawAll();
} else {
  for (const id of ["filters", "rows", "pareto", "curves", "windows"]) byId(id).hidden = true;
}

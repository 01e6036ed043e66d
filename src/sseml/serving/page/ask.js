// The question and its answer: fields, files, the request, and what to say if it fails.

class Problem extends Error {
  constructor(message, isToken = false) {
    super(message);
    this.isToken = isToken;
  }
}

const state = { files: [], records: [], busy: false };
const megabytes = (bytes) => `${Number((bytes / 1e6).toPrecision(2))} MB`;
const MOST = `${megabytes(contents.most_bytes)} and ${contents.most_rows} rows`;

// Why a request failed, in words for whoever asked; a proxy may answer without a code of ours.
function problemOf(response, error = {}) {
  const after = Number(response.headers.get("retry-after"));
  const later = after > 0 ? `Try again in ${after} s.` : "Try again in a moment.";
  switch (response.status) {
    case 400: return new Problem(`This cannot be read: ${error.message ?? "the server does not say why"}.`);
    case 401: return new Problem(byId("token").value ? "The token is wrong. Check it with whoever runs this server."
      : "This server needs a token. Ask whoever runs it.", true);
    case 408: return new Problem("The connection was too slow, and the question did not arrive. Try again.");
    case 413: return new Problem(`This is too much for one request: the server takes ${MOST} at a time. Split the file.`);
    case 422: return new Problem(`These are too many rows: the server takes ${MOST} at a time. Split the file.`);
    case 429: return new Problem(`You have asked very often in a short time. ${later}`);
    case 502: return new Problem("The server is being restarted, or has stopped. Try again in a moment.");
    case 503: return new Problem(error.code === "not_ready" ? `The model is still being loaded. ${later}` : `The server is busy. ${later}`);
    case 504: return new Problem("The answer took too long. Ask about fewer rows, or leave the windows out.");
    default: return new Problem(`The server failed (${response.status}). Tell whoever runs it`
      + `${error.request_id ? ` the number ${error.request_id}` : ""}, and try again.`);
  }
}

async function asked(body) {
  const token = byId("token").value.trim();
  let response;
  try {
    response = await fetch("invocations", {
      method: "POST", cache: "no-store", credentials: "omit", redirect: "error",
      headers: { "Content-Type": "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify(body),
    });
  } catch (error) {
    if (/[^\x21-\x7e]/.test(token)) throw new Problem("The token holds a sign that no token has. Copy it again.", true);
    throw new Problem("The server does not answer. Check that it runs, and that you are connected to it.");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw problemOf(response, answer.error);
  return answer;
}

function params() {
  const written = byId("temperature").value.trim();
  const temperature_C = Number(written);
  if (!byId("temperature").validity.valid || !written) throw new Problem("The temperature is not a number. Write it in °C, such as 60.");
  return { temperature_C, window: byId("window").checked };
}

async function read(file) {
  try {
    return await textOf(file);
  } catch (error) {
    if (error instanceof NotTextError) throw new Problem(`${file.name} is not text. Save a table as CSV, and unpack an archive.`);
    throw new Problem(`${file.name} cannot be read. Choose it again.`);
  }
}

// Ask piece by piece; what is answered already stands in `found` if a later piece fails.
async function answerAll(found) {
  const given = params();
  const [own] = byId("measured").files;
  if (own) given.measured = await read(own);
  const pieces = piecesOf(byId("formulas").value, state.files);
  if (!pieces.length) throw new Problem("There is nothing to ask about yet. Write a formula, or choose a file.");
  for (const [number, { places, name, body }] of pieces.entries()) {
    tell(`Predicting${pieces.length > 1 ? `, part ${number + 1} of ${pieces.length}` : ""} …`);
    const answer = await asked({ ...body, params: given });
    found.records.push(...answer.predictions);
    for (const record of answer.predictions.filter((each) => each.status === "error")) {
      const row = Number(/^row (\d+)/.exec(record.error.message)?.[1]);
      found.refused.push({ place: places ? places[row - 1] : `${name} row ${row}`, record });
    }
    for (const each of answer.warnings) found.warnings.set(each.message, each);
  }
}

function tell(text) {
  byId("status").textContent = text;
}

function complain(error) {
  const isToken = Boolean(error?.isToken);
  if (isToken) byId("token-part").hidden = false;
  byId("problem").textContent = error && !isToken ? error.message : "";
  byId("token-problem").textContent = isToken ? error.message : "";
  byId("token").setAttribute("aria-invalid", String(isToken));
  if (isToken) {
    byId("token").focus();
    byId("token").select();
  }
}

function draw({ records, refused, warnings }) {
  const answered = records.filter((record) => record.status === "ok");
  const text = `${answered.length} answered, ${refused.length} refused.`;
  const models = [...new Set(answered.map((record) => record.model))];
  state.records = records;
  byId("summary").textContent = models.length ? `${text} By ${models.join(", ")}.` : text;
  byId("save").hidden = !records.length;
  drawAnswers(answered);
  drawRefused(refused);
  drawRemarks([...warnings.values()]);
  tell(`${text} The answers are below.`);
}

async function predict() {
  if (state.busy) return;
  state.busy = true;
  byId("ask").setAttribute("aria-disabled", "true");
  complain(null);
  const found = { records: [], refused: [], warnings: new Map() };
  let problem = null;
  try {
    await answerAll(found);
  } catch (error) {
    tell("");
    problem = error instanceof Problem ? error : new Problem(`This page has failed: ${error.message}. Load it again.`);
  }
  if (found.records.length) draw(found);
  complain(problem);
  state.busy = false;
  byId("ask").removeAttribute("aria-disabled");
}

function drawChosen() {
  byId("chosen").replaceChildren(...state.files.map((file) => el("li", {}, file.name,
    el("button", {
      type: "button", "aria-label": `Leave out ${file.name}`,
      onclick: () => {
        state.files = state.files.filter((each) => each !== file);
        drawChosen();
        byId("files").focus();
      },
    }, "Leave out"))));
}

async function take(files) {
  complain(null);
  try {
    for (const file of files) state.files.push({ name: file.name, text: await read(file) });
    if (files.length) tell(`${files.length} ${files.length === 1 ? "file" : "files"} added.`);
  } catch (error) {
    complain(error);
  }
  drawChosen();
}

function listen() {
  byId("form").addEventListener("submit", (event) => { event.preventDefault(); predict(); });
  byId("form").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); predict(); }
  });
  byId("files").addEventListener("change", async (event) => {
    const files = [...event.target.files];
    event.target.value = "";
    await take(files);
  });
  byId("download").addEventListener("click", () => save(csvOf(state.records)));
  const isFile = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!isFile(event)) return;
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) document.body.classList.remove("dropping"); });
  document.addEventListener("drop", (event) => {
    if (!isFile(event)) return;
    event.preventDefault();
    document.body.classList.remove("dropping");
    if (byId("measured").contains(event.target)) byId("measured").files = event.dataTransfer.files;
    else take([...event.dataTransfer.files]);
  });
}

byId("token-part").hidden = !contents.needs_token;
listen();
if (contents.needs_token) byId("token").focus();

// What a person gives, as requests: lines and structures together, each table on its own.

const contents = JSON.parse(document.getElementById("contents").textContent);
const STRUCTURE = /\.(m?cif|vasp|poscar|contcar|json)$|(^|[._-])(POSCAR|CONTCAR)(\d+|\s?\(\d+\))?([._-][^/\\]*)?$/i;
const TABLE = /\.(csv|tsv|tab)$/i;
const CIF = /^(\s*(#.*)?[\r\n]+)*\s*data_/i;
const ROOM = 0.9; // of a request's size, beside its params
const MOST_ROWS = Math.min(contents.most_rows, 1000); // so that a long list shows how far it is

class NotTextError extends Error {}

// Text of a file in UTF-8, UTF-16 with its mark, or the code page of Western Windows.
async function textOf(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const mark = bytes.length > 1 ? (bytes[0] << 8) | bytes[1] : 0;
  if (mark === 0xfffe || mark === 0xfeff) return new TextDecoder(mark === 0xfffe ? "utf-16le" : "utf-16be").decode(bytes);
  if (bytes.includes(0) || (bytes[0] === 0x50 && bytes[1] === 0x4b)) throw new NotTextError(file.name);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

// Lines that hold something, with their numbers: [place, row].
function linesOf(text, before = "") {
  return text.split(/\r\n|\r|\n/).map((line, at) => [`${before}line ${at + 1}`, { formula: line.replace(/(^|\s)#.*/, "").trim() }])
    .filter(([, row]) => row.formula);
}

// Pieces of a question: { places, body } with a row for each place, or { name, body } of a table.
function piecesOf(text, files) {
  const pieces = [];
  let rows = linesOf(text);
  const together = () => {
    pieces.push(...split(rows));
    rows = [];
  };
  for (const { name, text: inside } of files) {
    if (TABLE.test(name)) {
      together();
      pieces.push({ name, body: { csv: inside } });
    } else if (STRUCTURE.test(name)) {
      rows.push([name, { formula: name, structure: inside }]);
    } else if (CIF.test(inside)) {
      rows.push([name, { formula: `${name}.cif`, structure: inside }]);
    } else {
      rows.push(...linesOf(inside, `${name} `));
    }
  }
  together();
  return pieces;
}

const bytesIn = (value) => new TextEncoder().encode(JSON.stringify(value)).length;

// Rows in as few requests as the server's limits allow.
function split(rows) {
  const pieces = [];
  let size = Infinity;
  for (const [place, row] of rows) {
    const more = bytesIn(row) + 2;
    const last = pieces.at(-1);
    if (size + more > ROOM * contents.most_bytes || last.places.length === MOST_ROWS) {
      pieces.push({ places: [place], body: { dataframe_records: [row] } });
      size = more;
    } else {
      last.places.push(place);
      last.body.dataframe_records.push(row);
      size += more;
    }
  }
  return pieces;
}

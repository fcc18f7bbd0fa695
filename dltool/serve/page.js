"use strict";
const models = JSON.parse(document.getElementById("models").textContent);
const chooser = document.getElementById("model");
const form = document.getElementById("form");
const fields = document.getElementById("fields");
const result = document.getElementById("result");
const SHOWN = 12, MANY = 24, SELECTED = 30;
let image = null;  // the file, or the pixels of a canvas

const make = (tag, attributes = {}, ...content) => {
  const one = Object.assign(document.createElement(tag), attributes);
  one.append(...content);
  return one;
};
const model = () => models[chooser.selectedIndex];

function field(input) {
  const name = input.name;
  let box;
  if (input.kind === "boolean") {
    box = make("select", {name}, ...["true", "false", ""].map(word => make("option", {value: word}, word || "(missing)")));
  } else if (input.kind === "category" && input.words.length <= SELECTED) {
    box = make("select", {name}, ...[...input.words, ""].map(word => make("option", {value: word}, word || "(missing)")));
  } else if (input.kind === "text") {
    box = make("textarea", {name, value: input.usual ?? ""});
  } else {
    box = make("input", {name, value: input.usual ?? "", inputMode: input.kind === "number" ? "decimal" : "text"});
  }
  const label = make("label", {}, name, box);
  label.dataset.column = name;
  if (input.kind === "text") label.className = "wide";
  if (input.kind === "category" && input.words.length > SELECTED) {
    const list = make("datalist", {id: `words of ${name}`}, ...input.words.map(value => make("option", {value})));
    box.setAttribute("list", list.id);
    label.append(list);
  }
  return label;
}

function pixelsOf(canvas, channels) {
  const {width, height} = canvas, data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
  const rows = [];
  for (let y = 0; y < height; y++) {
    rows.push([]);
    for (let x = 0; x < width; x++) {
      const [red, green, blue] = data.subarray(4 * (y * width + x));
      const gray = Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
      rows[y].push(channels === 3 ? [red, green, blue] : channels === 1 ? [gray] : gray);
    }
  }
  return rows;
}

async function take(file, box) {
  const {shape, resized, bytes} = model();
  box.querySelectorAll("img, canvas").forEach(one => one.remove());
  image = file;
  if (!file) return;
  if (resized || !bytes) {
    box.append(make("img", {src: URL.createObjectURL(file), alt: file.name}));
  } else {  // the network takes one size only
    const canvas = make("canvas", {width: shape[1], height: shape[0], style: "width: 10rem"});
    const context = canvas.getContext("2d");
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    try {
      context.drawImage(await createImageBitmap(file), 0, 0, canvas.width, canvas.height);
    } catch { show({error: `${file.name}: not an image that the browser can show`}); image = null; return; }
    box.append(canvas);
    image = pixelsOf(canvas, shape[2]);
  }
  form.requestSubmit();
}

function dropArea() {
  const picker = make("input", {type: "file", accept: "image/*"});
  const box = make("div", {className: "drop wide"}, make("p", {}, "Drop an image here, or choose one"), picker);
  picker.addEventListener("change", () => take(picker.files[0], box));
  box.addEventListener("dragover", event => { event.preventDefault(); box.classList.add("over"); });
  box.addEventListener("dragleave", () => box.classList.remove("over"));
  box.addEventListener("drop", event => {
    event.preventDefault();
    box.classList.remove("over");
    take(event.dataTransfer.files[0], box);
  });
  return box;
}

function build() {
  const {kind, inputs, shape} = model();
  image = null;
  result.replaceChildren(make("p", {className: "note"}, "The prediction appears here."));
  fields.className = inputs.length > MANY ? "many" : "";
  if (kind === "images") {
    fields.replaceChildren(dropArea());
  } else if (kind === "windows") {
    const header = inputs.map(one => one.name).join(",");
    const box = make("textarea", {name: "csv", value: `${header}\n`});
    fields.replaceChildren(make("label", {className: "wide"}, "rows as CSV; the forecast goes on where they end", box));
  } else if (kind === "arrays") {
    const zeros = sizes => sizes.length ? Array.from({length: sizes[0]}, () => zeros(sizes.slice(1))) : 0;
    const box = make("textarea", {name: "array", value: JSON.stringify(zeros(shape))});
    fields.replaceChildren(make("label", {className: "wide"}, `numbers of shape ${shape.join(" × ")}, as JSON`, box));
  } else {
    fields.replaceChildren(...inputs.map(field));
  }
}

function request() {
  const {kind, inputs} = model();
  const json = body => ({headers: {"Content-Type": "application/json", Accept: "application/json"}, body: JSON.stringify(body)});
  if (kind === "images") {
    return image instanceof Blob
      ? {headers: {"Content-Type": "application/octet-stream"}, body: image}
      : json([image]);
  }
  if (kind === "windows") {
    return {headers: {"Content-Type": "text/csv", Accept: "application/json"}, body: form.elements.csv.value};
  }
  if (kind === "arrays") return json([JSON.parse(form.elements.array.value)]);
  const row = inputs.map((one, place) => {
    const value = fields.children[place].querySelector("input, select, textarea").value;
    return [one.name, value];
  });
  return json([Object.fromEntries(row)]);
}

const written = value => typeof value === "number" ? String(Number(value.toPrecision(6))) : String(value ?? "–");

function chance(name, value) {
  const bar = make("div", {style: `width: ${100 * value}%`});
  return make("div", {className: "chance"}, make("span", {}, name), make("span", {}, `${(100 * value).toFixed(1)} %`), make("div", {}, bar));
}

function show(answer, sent) {
  document.querySelectorAll("label.wrong").forEach(one => one.classList.remove("wrong"));
  if (answer.error) {
    for (const line of answer.error.split("\n")) {
      result.append(make("p", {className: "error"}, line));
      for (const label of fields.children) {
        if (line.includes(`column '${label.dataset.column}'`)) label.classList.add("wrong");
      }
    }
    return;
  }
  const [row] = answer;
  const chances = Object.entries(row).filter(([name]) => name.startsWith("probability_"))
    .map(([name, value]) => [name.slice("probability_".length), value ?? 0]).sort((a, b) => b[1] - a[1]);
  if (answer.length > 1) {
    const names = Object.keys(row);
    result.append(make("table", {}, make("tr", {}, ...names.map(name => make("th", {}, name))),
      ...answer.map(one => make("tr", {}, ...names.map(name => make("td", {}, written(one[name])))))));
  } else if ("prediction" in row) {
    result.append(make("p", {className: "answer"}, written(row.prediction)));
  } else if (!chances.length) {
    for (const [name, value] of Object.entries(row)) {
      result.append(make("p", {className: "note"}, name), make("p", {className: "answer"}, written(value)));
    }
  }
  if (answer.length === 1) {
    result.append(...chances.slice(0, SHOWN).map(([name, value]) => chance(name, value)));
    if (chances.length > SHOWN) result.append(make("p", {className: "note"}, `and ${chances.length - SHOWN} more`));
  }
  const body = typeof sent.body === "string" && sent.body.length < 20000 ? sent.body : "…";
  result.append(make("details", {}, make("summary", {}, "request and answer"),
    make("pre", {}, `POST /predict/${encodeURIComponent(model().name)}\n\n${body}`), make("pre", {}, JSON.stringify(answer, null, 1))));
}

form.addEventListener("submit", async event => {
  event.preventDefault();
  result.replaceChildren();
  try {
    if (model().kind === "images" && !image) return show({error: "choose an image first"});
    const sent = request();
    const response = await fetch(`/predict/${encodeURIComponent(model().name)}`, {method: "POST", ...sent});
    show(await response.json(), sent);
  } catch (error) {
    show({error: error instanceof SyntaxError ? `not JSON: ${error.message}` : "the server does not answer"});
  }
});
chooser.append(...models.map(one => make("option", {}, one.name)));
chooser.addEventListener("change", build);
build();
if (location.hash === "#predict") form.requestSubmit();  // a link to the answer for usual values

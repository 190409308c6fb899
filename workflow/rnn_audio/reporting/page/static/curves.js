// Training curves: one plot, of the configurations and seeds that are chosen.

const PALETTE = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6bb1", "#7f7f00", "#999999"];
const COLUMN_WORDS = {
  training_mse: "training MSE", training_loss: "training loss", validation_loss: "validation loss",
  auxiliary_mse: "auxiliary MSE", learning_rate: "learning rate", horizon_samples: "horizon (samples)",
  segments_power: "power of the segments",
};

// Text of `pack_numbers` in curves.py -> Array, null where there is no number
async function unpackNumbers(text) {
  const packed = Uint8Array.from(atob(text), sign => sign.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const planes = new Uint8Array(await new Response(stream).arrayBuffer()), count = planes.length / 4;
  const view = new DataView(new ArrayBuffer(4));
  return Array.from({length: count}, (_, i) => {
    for (let byte = 0; byte < 4; byte++) view.setUint8(byte, planes[byte * count + i]);
    const value = view.getFloat32(0, true);
    return Number.isFinite(value) ? value : null;
  });
}

function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

class Plotter {
  constructor(element, groups) {
    this.groups = groups;
    this.hidden = new Set();        // configurations that are switched off
    this.seedsOff = new Set();
    this.group = make("select", {ariaLabel: "Signal or device"}, ...groups.map((group, i) => make("option", {value: i, textContent: group.title})));
    this.column = make("select", {ariaLabel: "Quantity"});
    this.percent = make("input", {type: "checkbox", checked: true});
    this.logY = make("input", {type: "checkbox", checked: true});
    this.logX = make("input", {type: "checkbox"});
    this.chosenOnly = make("input", {type: "checkbox"});
    this.seeds = make("span", {className: "seeds"});
    this.chart = make("div", {className: "chart", tabIndex: 0, role: "group", ariaLabel: "Plot of the training curves"});
    this.told = make("p", {className: "told"});
    this.choice = make("div", {className: "choice"});
    const labelled = (input, text) => make("label", {}, input, text);
    const zoom = make("span", {}, ...[["+", "Zoom in", 0.5], ["−", "Zoom out", 2], ["All", "Show all", 0]].map(([text, title, factor]) =>
      make("button", {type: "button", textContent: text, title, className: `zoom-${factor}`, onclick: () => this.zoom(factor)})));
    this.chosenLabel = labelled(this.chosenOnly, "chosen seeds only");
    this.percentLabel = labelled(this.percent, "% of zero output");
    element.append(
      make("div", {className: "controls"}, this.group, this.column, labelled(this.logY, "log loss"), labelled(this.logX, "log epochs"),
        this.percentLabel, this.chosenLabel, this.seeds, zoom),
      this.chart, this.told, this.choice);
    this.group.onchange = () => this.open(Number(this.group.value));
    for (const input of [this.column, this.percent, this.logX, this.logY, this.chosenOnly]) input.onchange = () => this.plot();
    this.chart.addEventListener("keydown", event => this.key(event));
    new ResizeObserver(() => this.resize()).observe(this.chart);
    this.open(0);
  }

  get members() { return this.groups[this.group.value].configurations; }

  async open(number, only = null) {
    this.group.value = number;
    this.hidden = new Set(only === null ? [] : this.members.map(own => own.name).filter(name => name !== only));
    this.seedsOff = new Set();
    const columns = [...new Set(this.members.flatMap(own => own.columns))];
    this.column.replaceChildren(...columns.map(column => make("option", {value: column, textContent: COLUMN_WORDS[column] ?? column})));
    const seeds = [...new Set(this.members.flatMap(own => Object.keys(own.seeds)))];
    this.chosenLabel.hidden = seeds.length < 2;
    this.seeds.replaceChildren(...(seeds.length < 2 ? [] : ["seeds ", ...seeds.map(seed => make("label", {},
      make("input", {type: "checkbox", checked: true, value: seed, onchange: event => this.toggle(this.seedsOff, seed, event.target.checked)}), seed))]));
    this.choice.replaceChildren(...this.members.map((own, i) => {
      const input = make("input", {type: "checkbox", checked: !this.hidden.has(own.name), value: own.name,
        onchange: event => this.toggle(this.hidden, own.name, event.target.checked)});
      const swatch = make("span", {className: "swatch"});
      swatch.style.borderTopColor = PALETTE[i % PALETTE.length];
      swatch.style.borderTopStyle = ["solid", "dashed", "dotted"][Math.floor(i / PALETTE.length) % 3];
      return make("label", {title: own.name}, input, swatch, own.words, make("span", {className: "value"}));
    }));
    await Promise.all(this.members.map(own => this.unpack(own)));
    this.plot();
  }

  async unpack(own) {
    if (own.x) return;
    const seeds = Object.entries(own.seeds);
    const curves = await Promise.all(seeds.map(([, packed]) => Promise.all(packed.map(unpackNumbers))));
    own.curves = Object.fromEntries(seeds.map(([seed], i) => [seed, curves[i]]));
    own.x = await unpackNumbers(own.epochs);
  }

  toggle(set, item, on) {
    if (on) set.delete(item);
    else set.add(item);
    this.plot();
  }

  // The curves that are on, each with its place among the members.
  shown() {
    const column = this.column.value, curves = [];
    this.members.forEach((own, place) => {
      const index = own.columns.indexOf(column);
      if (index < 0 || this.hidden.has(own.name)) return;
      for (const [seed, values] of Object.entries(own.curves)) {
        const isChosen = String(own.chosen) === seed;
        if (this.seedsOff.has(seed) || (this.chosenOnly.checked && !isChosen)) continue;
        curves.push({own, place, seed, isChosen, values: values[index], zero: own.zero[column]});
      }
    });
    return curves;
  }

  plot() {
    this.uplot?.destroy();
    this.uplot = null;
    this.curves = this.shown();
    const canPercent = this.members.some(own => own.zero[this.column.value]);
    this.percentLabel.hidden = !canPercent;
    const percent = canPercent && this.percent.checked, logY = this.logY.checked;
    const scaled = this.curves.map(({values, zero}) => values.map(value => {
      const shown = value !== null && percent ? 100 * value / zero : value;
      return logY && !(shown > 0) ? null : shown;
    }));
    this.told.textContent = this.curves.length ? "" : "Nothing is chosen.";
    if (!this.curves.length) return;
    const data = uPlot.join(this.curves.map(({own}, i) => [own.x, scaled[i]]));
    const words = COLUMN_WORDS[this.column.value] ?? this.column.value;
    const axis = {stroke: colour("--soft"), grid: {stroke: colour("--line"), width: 1}, ticks: {stroke: colour("--line"), width: 1}};
    const numbers = (_, values) => values.map(value => value === null ? "" : brief(value));
    this.uplot = new uPlot({
      width: this.chart.clientWidth, height: 340, legend: {show: false},
      cursor: {drag: {x: true, y: true, uni: 30}, focus: {prox: 24}, points: {size: 7}},
      focus: {alpha: 0.25},
      scales: {x: {time: false, distr: this.logX.checked ? 3 : 1}, y: logY ? {distr: 3, range: (_, low, high) => [low / 1.3, high * 1.3]} : {}},
      axes: [{...axis, label: "epoch"}, {...axis, label: words + (percent ? " (% of zero output)" : ""), values: numbers, size: 64}],
      series: [{}, ...this.curves.map(({place, isChosen, own}) => ({
        stroke: PALETTE[place % PALETTE.length] + (isChosen || own.chosen === null ? "" : "80"),
        dash: [undefined, [8, 4], [2, 3]][Math.floor(place / PALETTE.length) % 3],
        width: isChosen ? 2.2 : 1, spanGaps: true, points: {show: data[0].length < 3},
      }))],
      hooks: {setCursor: [plot => this.tell(plot)], setSeries: [(plot, focused) => { this.focused = focused; this.tell(plot); }]},
    }, data, this.chart);
    this.full = [data[0][0], data[0][data[0].length - 1]];
  }

  // The values at the cursor: of each chosen seed in the list, of the nearest curve in words.
  tell(plot) {
    const at = plot.cursor.idx, unit = !this.percentLabel.hidden && this.percent.checked ? " %" : "";
    const value = i => brief(nearest(plot.data[i + 1], at)) + unit;
    const list = [...this.choice.querySelectorAll(".value")];
    list.forEach(own => { own.textContent = ""; });
    if (at == null) return;
    this.curves.forEach(({place, isChosen, own}, i) => {
      if (isChosen || own.chosen === null) list[place].textContent = value(i);
    });
    const focused = this.curves[(this.focused ?? 0) - 1];
    const epoch = make("b", {textContent: `epoch ${plot.data[0][at]}`});
    this.told.replaceChildren(epoch, ...(focused ? [`: ${focused.own.words}, seed ${focused.seed}: ${value(this.focused - 1)}`] : []));
  }

  zoom(factor, shift = 0) {
    if (!this.uplot) return;
    if (factor === 0) return this.plot();
    const log = this.logX.checked, {min, max} = this.uplot.scales.x;
    const [from, to] = log ? [Math.log(min), Math.log(max)] : [min, max];
    const middle = (from + to) / 2 + shift * (to - from), half = (to - from) / 2 * factor;
    const back = log ? Math.exp : value => value;
    const low = Math.max(this.full[0], back(middle - half)), high = Math.min(this.full[1], back(middle + half));
    if (high > low) this.uplot.setScale("x", {min: low, max: high});
  }

  key(event) {
    const action = {"+": [0.5], "=": [0.5], "-": [2], "0": [0], ArrowLeft: [1, -0.25], ArrowRight: [1, 0.25]}[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.zoom(...action);
  }

  resize() {
    if (this.uplot && this.chart.clientWidth !== this.uplot.width) this.uplot.setSize({width: this.chart.clientWidth, height: 340});
  }

  // One configuration alone.
  only(name) {
    const number = this.groups.findIndex(group => group.configurations.some(own => own.name === name));
    if (number >= 0) this.open(number, name);
  }
}

// The value at a place, or the last one before it.
function nearest(values, at) {
  for (let i = at; i >= 0; i--) if (values[i] != null) return values[i];
  return null;
}

function brief(value) {
  if (value === null) return "";
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(2) : String(Number(value.toPrecision(3)));
}

// Decks of sounds: one player for each rate, one deck that sounds at a time.

const DATA = JSON.parse(document.getElementById("data").textContent);
const SHORTEST_ROUND_S = 0.5;   // a repeated sound that is shorter is followed by silence

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// Least and largest sample of each column, as `outline` in pictures.py packs them.
function drawOutline(canvas, packed) {
  const bytes = Int8Array.from(atob(packed), sign => sign.charCodeAt(0));
  const columns = bytes.length / 2, scale = window.devicePixelRatio || 1;
  const width = canvas.width = Math.max(1, Math.round(canvas.clientWidth * scale));
  const height = canvas.height = Math.max(1, Math.round(canvas.clientHeight * scale));
  const context = canvas.getContext("2d"), middle = height / 2;
  context.fillStyle = context.strokeStyle = colour("--wave");
  context.lineWidth = scale;
  context.lineJoin = "round";
  const group = Math.max(1, Math.floor(columns / width)), points = Math.ceil(columns / group);
  const place = (i, offset, most) => {
    const part = bytes.subarray(offset + i * group, offset + Math.min(columns, (i + 1) * group));
    return [(i + 0.5) / points * width, middle - (most ? Math.max(...part) : Math.min(...part)) / 128 * middle];
  };
  context.beginPath();
  for (let i = 0; i < points; i++) context.lineTo(...place(i, columns, true));
  for (let i = points - 1; i >= 0; i--) context.lineTo(...place(i, 0, false));
  context.closePath();
  context.fill();
  context.stroke();
}

class Deck {
  static sounding = null;
  static players = new Map();     // a promise of a Player for each rate

  constructor(element) {
    this.element = element;
    ({rate: this.rate, ticks: this.ticks} = DATA.decks[element.dataset.deck]);
    this.buttons = [...element.querySelectorAll(".sound")];
    this.sounds = this.buttons.map(button => DATA.sounds[button.dataset.sound]);
    this.view = element.querySelector(".view");
    this.selected = 0;
    this.position = 0;            // in samples
    this.playing = false;
    this.looping = true;
    this.region = null;           // [from, to] in samples
    this.length = 0;              // of the longest sound, in samples; known once its sounds are unpacked
    this.buttons.forEach((button, index) => {
      const {quieter_db} = this.sounds[index];
      if (quieter_db) button.lastElementChild.textContent += ` (${quieter_db} dB quieter)`;
      button.addEventListener("click", () => this.choose(index));
    });
    element.querySelector(".play").addEventListener("click", () => this.toggle());
    element.querySelector(".loop").addEventListener("click", () => this.setLooping(!this.looping));
    element.addEventListener("keydown", event => this.key(event));
    this.addPointer();
    for (const [text, height] of this.ticks) {
      const tick = document.createElement("span");
      tick.textContent = text;
      tick.style.bottom = `${height}%`;
      element.querySelector(".spectrum").append(tick);
    }
  }

  get seconds() { return this.length / this.rate; }

  draw() {
    this.buttons.forEach((button, index) => drawOutline(button.firstElementChild, this.sounds[index].outline));
    this.show();
  }

  // What is selected, in the large view.
  show() {
    drawOutline(this.element.querySelector(".wave"), this.sounds[this.selected].outline);
    const image = this.element.querySelector(".spectrum img");
    if (image.src !== this.sounds[this.selected].picture) image.src = this.sounds[this.selected].picture;
    const row = this.buttons[this.selected].closest(".row").querySelector(".of > :first-child").textContent;
    const kind = this.buttons[this.selected].lastElementChild.textContent;
    this.element.querySelector(".now").textContent = row.includes(kind) ? kind : `${kind}: ${row}`;
    this.buttons.forEach((button, index) => button.setAttribute("aria-pressed", String(index === this.selected)));
    this.tell();
  }

  tell() {
    const share = this.length ? Math.min(1, this.position / this.length) : 0;
    const at = Math.min(this.position / this.rate, this.seconds);
    this.element.querySelector(".cursor").style.left = `calc(${100 * share}% - 1px)`;
    this.element.querySelector(".time").textContent =
      this.length ? `${at.toFixed(2)} of ${this.seconds.toFixed(2)} s` : "";
    const play = this.element.querySelector(".play");
    play.textContent = this.playing ? "❚❚" : "▶";
    play.setAttribute("aria-label", this.playing ? "Pause" : "Play");
    this.view.setAttribute("aria-valuemax", this.seconds.toFixed(2));
    this.view.setAttribute("aria-valuenow", at.toFixed(2));
    this.view.setAttribute("aria-valuetext", `${at.toFixed(2)} seconds`);
    const region = this.element.querySelector(".region");
    region.hidden = this.region === null;
    if (this.region === null) return;
    region.style.left = `${100 * this.region[0] / this.length}%`;
    region.style.width = `${100 * (this.region[1] - this.region[0]) / this.length}%`;
  }

  // Its sounds in the player; must be called in answer to a click or a key.
  async load() {
    if (Deck.sounding === this) return this.player;
    Deck.sounding?.leave();
    Deck.sounding = this;
    this.position = 0;
    if (!Deck.players.has(this.rate)) Deck.players.set(this.rate, Player.create(this.rate));
    this.samples ??= Promise.all(this.sounds.map(({sound}) => unpackSound(sound)));
    const samples = await this.samples;
    const player = await Deck.players.get(this.rate);
    if (Deck.sounding !== this) return null;        // another deck was faster
    this.player = player;
    this.length = Math.max(...samples.map(own => own.length));
    const round = Math.max(this.length, Math.round(SHORTEST_ROUND_S * this.rate));
    player.onchange = state => this.update(state);
    player.load(samples.map(own => {
      const padded = new Int16Array(round);
      padded.set(own);
      return padded;
    }));
    player.select(this.selected);
    this.setLooping(this.looping);
    return player;
  }

  leave() {
    this.player?.pause();
    this.playing = false;
    this.tell();
  }

  update({position, playing}) {
    if (Deck.sounding !== this) return;
    [this.position, this.playing] = [position, playing];
    this.tell();
  }

  async choose(index) {
    const again = index === this.selected && this.playing && Deck.sounding === this;
    this.selected = index;
    this.show();
    const player = await this.load();
    if (again) player?.pause();
    else {
      player?.select(this.selected);
      player?.play();
    }
  }

  async toggle() {
    const playing = this.playing && Deck.sounding === this;
    const player = await this.load();
    if (playing) player?.pause();
    else player?.play();
  }

  setLooping(looping) {
    this.looping = looping;
    this.element.querySelector(".loop").setAttribute("aria-pressed", String(looping));
    if (Deck.sounding !== this || !this.player) return;
    const [from, to] = this.region ?? [0, Infinity];
    if (looping) this.player.loop(from, Math.min(to, 2 ** 40));
    else this.player.unloop();
  }

  async seek(share) {
    const player = await this.load();
    player?.seek(share * this.length);
  }

  async repeat(from, to) {
    const player = await this.load();
    if (!player) return;
    this.region = [Math.round(from * this.length), Math.round(to * this.length)];
    this.setLooping(true);
    player.seek(this.region[0]);
    player.play();
    this.tell();
  }

  clearRegion() {
    this.region = null;
    this.setLooping(this.looping);
    this.tell();
  }

  // A click goes to a position; a drag repeats a part.
  addPointer() {
    let start = null;
    const share = event => {
      const box = this.view.getBoundingClientRect();
      return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    };
    this.view.addEventListener("pointerdown", event => {
      start = share(event);
      this.view.setPointerCapture(event.pointerId);
    });
    this.view.addEventListener("pointercancel", () => { start = null; });
    this.view.addEventListener("pointerup", event => {
      if (start === null) return;
      const [from, to] = [Math.min(start, share(event)), Math.max(start, share(event))];
      start = null;
      if (to - from > 0.02) this.repeat(from, to);
      else {
        this.clearRegion();
        this.seek(to);
      }
    });
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const onSound = event.target.classList.contains("sound"), onView = event.target === this.view;
    const step = {ArrowLeft: -0.02, ArrowRight: 0.02}[event.key];
    if (event.key === "l" || event.key === "L") this.setLooping(!this.looping);
    else if (event.key === "Escape") this.clearRegion();
    else if (onView && event.key === " ") this.toggle();
    else if (onView && step) this.seek(Math.min(1, Math.max(0, this.position / (this.length || 1) + step)));
    else if (onView && event.key === "Home") this.seek(0);
    else if (onSound && event.key.startsWith("Arrow")) this.move(this.buttons.indexOf(event.target), event.key);
    else return;
    event.preventDefault();
  }

  // Arrows go through the grid of sounds; while it plays, they switch.
  move(index, key) {
    const rows = [...this.element.querySelectorAll(".row")].map(row => [...row.querySelectorAll(".sound")]);
    const row = rows.findIndex(own => own.includes(this.buttons[index])), column = rows[row].indexOf(this.buttons[index]);
    const next = {
      ArrowLeft: rows[row][column - 1],
      ArrowRight: rows[row][column + 1],
      ArrowUp: rows[row - 1]?.[Math.min(column, rows[row - 1].length - 1)],
      ArrowDown: rows[row + 1]?.[Math.min(column, rows[row + 1].length - 1)],
    }[key];
    if (!next) return;
    next.focus();
    if (this.playing && Deck.sounding === this) this.choose(this.buttons.indexOf(next));
  }
}

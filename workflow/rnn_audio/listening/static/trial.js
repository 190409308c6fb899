// One trial: the open reference, and the signals to be scored under numbers in random order.

const LEAST_HEARD_S = 1;
const ARROWS = {ArrowUp: 1, ArrowDown: -1};
const element = id => document.getElementById(id);

class Trial {
  // sounds: Int16Array of each signal, the reference among them; order: names of the signals as they are numbered.
  constructor(player, sounds, order, rate) {
    [this.player, this.sounds, this.order, this.rate] = [player, sounds, order, rate];
    this.length = sounds.reference.length;
    this.leastHeard = Math.min(LEAST_HEARD_S, this.length / rate);
    this.selected = 0;                                    // 0 is the open reference, k the k-th signal
    this.playing = false;
    this.loop = null;
    this.heard = new Array(order.length + 1).fill(0);     // seconds
    this.plays = new Array(order.length + 1).fill(0);
    this.scores = new Array(order.length + 1).fill(null);
    this.position = 0;
    this.lastTime = null;
    this.log = [];                                        // what was played when, in seconds of the trial
    this.began = performance.now();
  }

  // Resolves when the listener has heard and scored everything and goes on.
  run() {
    this.build();
    this.player.load([this.sounds.reference, ...this.order.map(signal => this.sounds[signal])]);
    this.player.loop(0, this.length);
    this.player.onchange = told => this.follow(told);
    this.keys = event => this.press(event);
    document.addEventListener("keydown", this.keys);
    this.away = () => document.hidden && this.pause();
    document.addEventListener("visibilitychange", this.away);
    return new Promise(resolve => { element("next").onclick = () => this.isComplete() && resolve(this.close()); });
  }

  build() {
    const board = element("board");
    board.querySelectorAll(".column:not(.reference)").forEach(column => column.remove());
    board.style.setProperty("--sounds", this.order.length);
    this.columns = [board.querySelector(".reference"), ...this.order.map((_, index) => this.column(index + 1))];
    this.columns.slice(1).forEach(column => board.append(column));
    this.columns.forEach((column, index) => { column.querySelector(".sound").onclick = () => this.select(index); });
    element("play").onclick = () => this.playing ? this.pause() : this.play();
    element("whole").onclick = () => this.loopOver(null);
    this.wave = new Wave(element("wave"), this.sounds.reference, part => this.loopOver(part));
    this.show();
  }

  column(number) {
    const column = document.createElement("div");
    column.className = "column";
    column.style.setProperty("--number", number);
    column.innerHTML = `<input type="range" min="0" max="100" step="1" value="0" class="unset" disabled>
      <output>–</output><button type="button" class="sound" aria-pressed="false">${number}</button>`;
    const slider = column.querySelector("input");
    slider.setAttribute("aria-label", `Score of sound ${number}`);
    // A click on the lower end of an untouched slider changes nothing, and still is a score.
    for (const event of ["input", "pointerup"]) slider.addEventListener(event, () => this.score(number, +slider.value));
    return column;
  }

  select(index) {
    this.selected = index;
    this.player.select(index);
    this.play();
  }

  play() {
    this.playing = true;
    this.plays[this.selected] += 1;
    this.note(this.nameOf(this.selected));
    this.player.play();
    this.show();
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.lastTime = null;
    this.note(null);
    this.player.pause();
    this.show();
  }

  // Only the signal that plays can be scored.
  score(index, value) {
    if (index === 0 || !this.playing || index !== this.selected) return;
    this.scores[index] = Math.min(100, Math.max(0, value));
    this.show();
  }

  loopOver(part) {
    this.loop = part;
    this.player.loop(...(part ?? [0, this.length]));
    this.show();
  }

  // The player tells its position some 30 times a second.
  follow({position, selected, playing}) {
    this.position = position;
    const now = this.player.context.currentTime;
    if (this.playing && playing && selected === this.selected) {
      if (this.lastTime !== null && this.lastSelected === selected) this.heard[selected] += now - this.lastTime;
      [this.lastTime, this.lastSelected] = [now, selected];
    }
    this.wave.draw(this.position, this.loop);
    this.showMissing();
  }

  press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const {key, shiftKey} = event, count = this.columns.length, lower = key.toLowerCase();
    if (key === " ") this.playing ? this.pause() : this.play();
    else if (lower === "r") this.select(0);
    else if (/^[0-9]$/.test(key) && +key < count) this.select(+key);
    else if (key === "ArrowLeft" || key === "ArrowRight")
      this.select((this.selected + (key === "ArrowRight" ? 1 : count - 1)) % count);
    else if (key in ARROWS)
      this.score(this.selected, (this.scores[this.selected] ?? 50) + ARROWS[key] * (shiftKey ? 10 : 1));
    else if (lower === "a" || lower === "b") this.loopEnd(lower);
    else return;
    event.preventDefault();
  }

  // The start or the end of the loop at the present position; at least half a second, as the Recommendation asks.
  loopEnd(which) {
    const [from, to] = this.loop ?? [0, this.length];
    this.loopOver(this.wave.part(...(which === "a" ? [this.position, to] : [from, this.position]), this.rate));
  }

  isComplete() {
    return this.toHear().length === 0 && this.toScore().length === 0;
  }

  toHear() {
    return this.heard.flatMap((seconds, index) => seconds < this.leastHeard ? [index] : []);
  }

  toScore() {
    return this.scores.flatMap((score, index) => index > 0 && score === null ? [index] : []);
  }

  show() {
    this.columns.forEach((column, index) => {
      const sounds = this.playing && index === this.selected;
      column.classList.toggle("plays", sounds);
      column.querySelector(".sound").setAttribute("aria-pressed", sounds);
      if (index === 0) return;
      const slider = column.querySelector("input"), score = this.scores[index];
      slider.disabled = !sounds;
      slider.classList.toggle("unset", score === null);
      if (score !== null) slider.value = score;
      column.querySelector("output").textContent = score ?? "–";
    });
    element("play").textContent = this.playing ? "Pause" : "Play";
    element("whole").disabled = this.loop === null;
    this.wave.draw(this.position, this.loop);
    this.showMissing();
  }

  showMissing() {
    const names = list => list.map(index => index === 0 ? "the reference" : index).join(", ");
    const [hear, score] = [this.toHear(), this.toScore()];
    const said = [
      ...(hear.length ? [`To be heard: ${names(hear)}.`] : []),
      ...(score.length ? [`To be scored: ${names(score)}.`] : []),
    ].join(" ");
    const without = said === "" && !this.scores.includes(100) ? "No sound has 100 yet: one of them is the reference." : "";
    const missing = element("missing");
    if (missing.textContent !== (said || without)) missing.textContent = said || without;
    element("next").disabled = said !== "";
  }

  nameOf(index) {
    return index === 0 ? "open reference" : this.order[index - 1];
  }

  note(sound) {
    this.log.push({at_s: +((performance.now() - this.began) / 1000).toFixed(3), plays: sound});
  }

  close() {
    this.pause();
    document.removeEventListener("keydown", this.keys);
    document.removeEventListener("visibilitychange", this.away);
    this.player.onchange = () => {};
    const by = list => Object.fromEntries(list.map((value, index) => [this.nameOf(index), value]));
    return {
      scores: Object.fromEntries(this.order.map((signal, index) => [signal, this.scores[index + 1]])),
      milliseconds: Math.round(performance.now() - this.began),
      plays: by(this.plays),
      heard_s: by(this.heard.map(seconds => +seconds.toFixed(2))),
      log: this.log,
    };
  }
}

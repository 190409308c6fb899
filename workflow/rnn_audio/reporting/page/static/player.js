"use strict";
// Several signals, one position, one selected signal, switched without a click.
//
// Audio runs in an AudioWorklet, so that switches and loops are exact to the sample. A switch, a jump or a pause fades
// out over 5 ms, changes, and fades in over 5 ms (raised cosines; ITU-R BS.1534-3 asks for this and not for a
// cross-fade). The position goes on during both. The end of the signals, or of the loop, is reached in silence.

// Runs inside the worklet. Its own text is loaded from a data: URL, the only way that a page on disk has.
function registerSwitcher() {
  const FULL_SCALE = 32768, REPORTS_PER_SECOND = 30;

  class Switcher extends AudioWorkletProcessor {
    // processorOptions: signals (Int16Array each) and commands, as they come through the port.
    constructor({processorOptions: {signals = [], commands = []} = {}}) {
      super();
      this.fade = Math.max(1, Math.floor(0.005 * sampleRate));
      this.gains = Float64Array.from({length: this.fade + 1}, (_, k) => 0.5 - 0.5 * Math.cos(Math.PI * k / this.fade));
      this.waiting = [];
      this.signals = [];
      this.position = 0;       // of the next sample
      this.selected = 0;       // the signal that sounds
      this.step = 0;           // of the fade: 0 is silence, this.fade is full level
      this.falling = false;
      this.nextReport = 0;
      this.load(signals);
      this.port.onmessage = ({data}) => this.waiting.push(data);
      this.waiting.push(...commands);
    }

    load(signals) {
      this.loaded = signals;   // replaces this.signals after the fade
      this.wanted = 0;         // the signal that will sound after the fade
      this.jump = 0;           // the position after the fade, or null
      this.playing = false;    // what was asked for; the fade out of a pause still sounds
      this.length = Math.max(0, ...signals.map(signal => signal.length));
      this.unloop();
    }

    unloop() {
      [this.from, this.to, this.looping] = [0, this.length, false];
    }

    obey({type, signals, signal, position, from, to}) {
      if (type === "load") this.load(signals);
      if (type === "play") this.playing = true;
      if (type === "pause") this.playing = false;
      if (type === "select") this.wanted = signal;
      if (type === "seek") this.jump = Math.min(Math.max(0, Math.round(position)), this.length);
      if (type === "loop") this.loop(Math.round(from), Math.round(to));
      if (type === "unloop") this.unloop();
      this.nextReport = 0;
    }

    loop(from, to) {
      this.looping = true;
      this.from = Math.max(0, Math.min(from, this.length - 2 * this.fade));
      this.to = Math.min(this.length, Math.max(to, this.from + 2 * this.fade));
      if (this.position < this.from || this.position >= this.to) this.jump = this.from;
    }

    // What waited for silence.
    change() {
      [this.signals, this.selected] = [this.loaded, this.wanted];
      if (this.jump !== null) [this.position, this.jump, this.nextReport] = [this.jump, null, 0];
      if (this.position < this.to) return;
      this.playing = this.playing && this.looping;
      [this.position, this.nextReport] = [this.from, 0];
    }

    next() {
      if (this.step === 0) {
        this.falling = false;
        this.change();
        if (!this.playing) return 0;
      }
      const leaving = !this.playing || this.wanted !== this.selected || this.jump !== null;
      if (this.step > 0 && (leaving || this.to - this.position <= this.step)) this.falling = true;
      this.step = this.falling ? this.step - 1 : Math.min(this.step + 1, this.fade);
      const signal = this.signals[this.selected];
      const sample = signal && this.position < signal.length ? signal[this.position] : 0;
      this.position += 1;
      return sample / FULL_SCALE * this.gains[this.step];
    }

    // A command may say at which frame of the context it applies; without, at once.
    process(_, [[output]]) {
      for (let i = 0; i < output.length; i++) {
        const frame = currentFrame + i;
        while (this.waiting.length && !(this.waiting[0].at > frame)) this.obey(this.waiting.shift());
        output[i] = this.next();
      }
      if (currentFrame >= this.nextReport) this.report();
      return true;
    }

    report() {
      const {position, selected, playing, step} = this;
      const idle = !playing && step === 0;
      this.nextReport = idle ? Infinity : currentFrame + sampleRate / REPORTS_PER_SECOND;
      this.port.postMessage({position: this.jump ?? position, selected: this.wanted, playing});
    }
  }

  registerProcessor("switcher", Switcher);
}

const SWITCHER_URL = "data:text/javascript;base64," + btoa(`(${registerSwitcher})()`);

// Text of `pack` in sound.py -> Int16Array
async function unpackSound(text) {
  const packed = Uint8Array.from(atob(text), sign => sign.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const samples = new Int16Array(bytes.length / 2);
  let slope = 0, value = 0;
  for (let i = 0; i < samples.length; i++) {
    const folded = bytes[i] | bytes[samples.length + i] << 8;
    slope = (slope + (folded >>> 1 ^ -(folded & 1))) << 16 >> 16;
    value = (value + slope) << 16 >> 16;
    samples[i] = value;
  }
  return samples;
}

// A context of the signals' rate keeps their samples as they are; the browser converts only what leaves it. Call it in
// answer to a click or a key, or the browser keeps the context silent.
class Player {
  static async create(rate) {
    const context = new AudioContext({sampleRate: rate});
    await context.audioWorklet.addModule(SWITCHER_URL);
    return new Player(context);
  }

  constructor(context) {
    this.context = context;
    this.node = new AudioWorkletNode(context, "switcher", {numberOfInputs: 0, outputChannelCount: [1]});
    this.node.connect(context.destination);
    this.onchange = () => {};        // called with {position (samples), selected, playing}, 30 times a second
    this.node.port.onmessage = ({data}) => this.onchange(data);
  }

  load(signals) { this.send({type: "load", signals}); }           // Int16Array each
  play() { this.context.resume(); this.send({type: "play"}); }
  pause() { this.send({type: "pause"}); }
  select(signal) { this.send({type: "select", signal}); }         // its number
  seek(position) { this.send({type: "seek", position}); }         // in samples
  loop(from, to) { this.send({type: "loop", from, to}); }         // samples [from, to)
  unloop() { this.send({type: "unloop"}); }

  send(command) { this.node.port.postMessage(command); }
}

// The reference's waveform, with the position and a loop that is dragged with the mouse or a finger.

const SHORTEST_LOOP_S = 0.5;

class Wave {
  // onloop gets [from, to) in samples.
  constructor(canvas, samples, onloop) {
    [this.canvas, this.samples] = [canvas, samples];
    canvas.width = 800;
    this.picture = this.outline();
    canvas.onpointerdown = event => {
      const start = this.sampleAt(event);
      canvas.setPointerCapture(event.pointerId);
      canvas.onpointerup = end => {
        canvas.onpointerup = null;
        const ends = [start, this.sampleAt(end)].sort((one, other) => one - other);
        if (ends[1] - ends[0] > samples.length / 100) onloop(this.part(...ends));
      };
    };
  }

  // A part of the clip that is long enough to be looped.
  part(from, to) {
    const least = Math.min(this.samples.length, Math.round(SHORTEST_LOOP_S * TEST.rate));
    const start = Math.max(0, Math.min(Math.round(from), this.samples.length - least));
    return [start, Math.min(this.samples.length, Math.max(Math.round(to), start + least))];
  }

  sampleAt({clientX}) {
    const box = this.canvas.getBoundingClientRect();
    return Math.min(1, Math.max(0, (clientX - box.left) / box.width)) * this.samples.length;
  }

  outline() {
    const {width} = this.canvas, step = this.samples.length / width;
    return Array.from({length: width}, (_, x) => {
      let peak = 0;
      for (let i = Math.floor(x * step); i < (x + 1) * step; i++) peak = Math.max(peak, Math.abs(this.samples[i] ?? 0));
      return peak;
    });
  }

  draw(position, loop) {
    const {canvas} = this, context = canvas.getContext("2d"), {width, height} = canvas;
    const ink = getComputedStyle(canvas).color, highest = Math.max(1, ...this.picture);
    const x = sample => sample / this.samples.length * width;
    context.clearRect(0, 0, width, height);
    context.fillStyle = ink;
    if (loop) {
      context.globalAlpha = 0.12;
      context.fillRect(x(loop[0]), 0, x(loop[1]) - x(loop[0]), height);
    }
    context.globalAlpha = 0.5;
    this.picture.forEach((peak, column) => {
      const half = Math.max(0.5, peak / highest * height / 2.2);
      context.fillRect(column, height / 2 - half, 1, 2 * half);
    });
    context.globalAlpha = 1;
    context.fillRect(x(position) - 1, 0, 2, height);
  }
}

// The screens of the page: welcome, trials, end.

const screens = ["welcome", "trial", "finished"];
let player = null, session = null;
const unpacked = new Map();

function open(screen) {
  for (const name of screens) element(name).hidden = name !== screen;
  window.scrollTo(0, 0);
}

// Each sound is unpacked once; trials share references and anchors.
function sound(number) {
  if (!unpacked.has(number)) unpacked.set(number, unpackSound(element(`sound-${number}`).textContent));
  return unpacked.get(number);
}

async function soundsOf({signals}) {
  const names = Object.keys(signals);
  const loaded = await Promise.all(names.map(name => sound(signals[name])));
  return Object.fromEntries(names.map((name, index) => [name, loaded[index]]));
}

function trouble(text) {
  element("trouble").textContent = text;
  element("trouble").hidden = false;
}

async function ready() {
  player ??= await Player.create(TEST.rate);
  if (player.context.sampleRate !== TEST.rate)
    trouble(`The sounds have ${TEST.rate} Hz, but this browser plays ${player.context.sampleRate} Hz. Use another one.`);
  return player;
}

async function toggleLevel() {
  const button = element("level"), plays = button.getAttribute("aria-pressed") === "true";
  await ready();
  if (plays) return quiet();
  const {reference} = await soundsOf(TEST.training);
  player.load([reference]);
  player.loop(0, reference.length);
  player.play();
  button.textContent = "Stop";
  button.setAttribute("aria-pressed", "true");
  element("start").disabled = false;
}

function quiet() {
  player?.pause();
  element("level").textContent = "Play the reference";
  element("level").setAttribute("aria-pressed", "false");
}

// Go through what the session has not done yet.
async function go() {
  await ready();
  const declared = new Map([TEST.training, ...TEST.trials].map(trial => [trial.name, trial]));
  const total = TEST.trials.length;
  for (const [index, own] of session.trials.entries()) {
    if (own.scores) continue;
    const sounds = await soundsOf(declared.get(own.name));
    element("heading").textContent = index === 0 ? "Training" : `Trial ${index} of ${total}`;
    element("training").hidden = index !== 0;
    element("next").textContent = index === 0 ? "Start the test" : index === total ? "Finish" : "Next";
    element("done").value = index / (total + 1);
    open("trial");
    const following = session.trials[index + 1];
    if (following) soundsOf(declared.get(following.name));
    Object.assign(own, await new Trial(player, sounds, own.order, TEST.rate).run());
    if (index === total) Object.assign(session, {finished: new Date().toISOString(), device: await device()});
    keep(session);
  }
  finish();
}

// What a reader of the results may want to know of the equipment. Some browsers do not tell all of it.
async function device() {
  const usual = new AudioContext();
  const {sampleRate: deviceRate} = usual;
  await usual.close();
  const {sampleRate, baseLatency = null, outputLatency = null} = player.context;
  return {browser: navigator.userAgent, sampleRate, deviceRate, baseLatency, outputLatency};
}

function finish() {
  const name = `${TEST.id}-${session.session.slice(0, 8)}`, csv = csvOf(session);
  offer(element("csv"), `${name}.csv`, "text/csv", csv);
  offer(element("record"), `${name}.json`, "application/json", JSON.stringify(session, null, 1));
  element("text").value = csv;
  open("finished");
}

function welcome() {
  session = keptSession();
  const done = session ? session.trials.filter(({scores}) => scores).length : 0;
  element("earlier").hidden = !session;
  element("begin").hidden = Boolean(session);
  element("progress").textContent = `${done} of ${TEST.trials.length + 1} trials done, the training included`;
  open("welcome");
}

element("level").onclick = toggleLevel;
element("begin").onsubmit = event => {
  event.preventDefault();
  quiet();
  session = newSession(new FormData(event.target).get("playback"));
  if (!keep(session)) trouble("This browser keeps nothing of this page. Do not close it before the end.");
  go();
};
element("resume").onclick = go;
element("forget").onclick = () => {
  if (confirm("Throw away the scores of this session?")) { forget(); welcome(); }
};
let saved = false;
element("csv").onclick = () => { saved = true; };
element("another").onclick = () => {
  if (saved || confirm("The scores have not been saved. Throw them away?")) { forget(); location.reload(); }
};

if (!window.AudioWorkletNode || !window.DecompressionStream)
  trouble("This browser cannot hold the test. Open the page from disk, or by https, in a browser of 2024 or later.");
const earlier = keptSession();
if (earlier?.finished) {
  session = earlier;
  finish();
} else welcome();

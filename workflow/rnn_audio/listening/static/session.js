// One listener's session: its random order, what was done, and its results as files. It is kept in the browser after
// each trial, so that a closed tab loses one trial at most.

const TEST = JSON.parse(document.getElementById("test").textContent);
const KEPT_AS = `listening test ${TEST.id}`;

// A whole number below a limit, each as likely as the others.
function randomBelow(limit) {
  const number = new Uint32Array(1), fair = 2 ** 32 - 2 ** 32 % limit;
  do crypto.getRandomValues(number); while (number[0] >= fair);
  return number[0] % limit;
}

function shuffled(list) {
  const mixed = [...list];
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = randomBelow(last + 1);
    [mixed[last], mixed[other]] = [mixed[other], mixed[last]];
  }
  return mixed;
}

// The order of the trials, and of the signals within each; the training comes first.
function newSession(playback) {
  const order = [TEST.training, ...shuffled(TEST.trials)];
  return {
    test: TEST.id,
    session: crypto.randomUUID(),
    playback,
    started: new Date().toISOString(),
    finished: null,
    trials: order.map(({name, signals}) => ({name, order: shuffled(Object.keys(signals)), scores: null})),
  };
}

function keptSession() {
  try {
    return JSON.parse(localStorage.getItem(KEPT_AS));
  } catch {
    return null;
  }
}

// Whether the browser keeps it; some keep nothing of pages on disk.
function keep(session) {
  try {
    localStorage.setItem(KEPT_AS, JSON.stringify(session));
    return true;
  } catch {
    return false;
  }
}

function forget() {
  try {
    localStorage.removeItem(KEPT_AS);
  } catch { /* then nothing was kept */ }
}

// As webMUSHRA writes it, without the training; a question of its own is the column `playback`.
function csvOf({session, playback, trials}) {
  const header = "session_test_id,playback,session_uuid,trial_id,rating_stimulus,rating_score,rating_time,rating_comment";
  const rows = trials.filter(({name}) => name !== TEST.training.name).flatMap(({name, order, scores, milliseconds}) =>
    order.map(signal => [TEST.id, playback, session, name, signal, scores[signal], milliseconds, ""].join(",")));
  return [header, ...rows, ""].join("\n");
}

function offer(link, name, type, text) {
  link.href = URL.createObjectURL(new Blob([text], {type}));
  link.download = name;
}

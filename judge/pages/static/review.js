// The rating page. Every text of a card is put in as text, never as HTML; nothing is asked of any other server.
"use strict";

const find = (name) => document.getElementById(name);
const make = (tag, text = "", kind = "") => {
  const made = document.createElement(tag);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
};
const NONE = "none"; // the value of "cannot judge"
const state = { rater: "", fixed: false, said: [], at: 0, card: null, seconds: 0, since: 0, dirty: false, saving: null, turn: 0, whole: false };

async function ask(address, options) {
  let answer;
  try {
    answer = await fetch(address, { cache: "no-store", ...options });
  } catch {
    throw new Error("The review has ended on the machine that serves it. What was kept is safe; begin it again to go on.");
  }
  if (!answer.ok) throw new Error(answer.status === 404 ? "This address does not hold any more. Open the one that was printed last." : await answer.text());
  return answer.json();
}

function banner(text) {
  find("banner").textContent = text;
  find("banner").hidden = !text;
}

function status(text, kind = "") {
  find("status").textContent = text;
  find("status").className = `status ${kind}`;
}

// ---- time in sight

function clock() {
  const now = performance.now();
  if (state.since) state.seconds += (now - state.since) / 1000;
  state.since = document.visibilityState === "visible" ? now : 0;
}
document.addEventListener("visibilitychange", clock);

// ---- keeping

function chosen() {
  const input = find("scale").querySelector("input:checked");
  return input ? input.value : null;
}

function changed() {
  state.dirty = true;
  if (chosen() === null) {
    if (find("note").value.trim()) status("A note is kept together with a score.");
    return;
  }
  keep().catch(() => {});
}

// One after the other; what is said here to be kept is on disk. A slow answer never speaks for a later card.
function keep() {
  const { card, at, turn } = state;
  const value = chosen();
  clock();
  const said = { score: value === NONE ? null : card.scale[Number(value)].score, cannot_judge: value === NONE, note: find("note").value };
  const body = JSON.stringify({ card: at, row: card.row, rater: state.rater, seconds: state.seconds, ...said });
  const sent = body;
  state.dirty = false;
  status("Keeping …");
  const before = state.saving || Promise.resolve();
  state.saving = before.catch(() => {}).then(() => ask("rating", { method: "POST", headers: { "Content-Type": "application/json" }, body: sent }))
    .then(() => {
      state.said[at] = said;
      progress();
      banner("");
      if (turn === state.turn && !state.dirty) status("Kept", "kept");
    })
    .catch((error) => {
      if (turn === state.turn) state.dirty = true;
      status("Not kept", "wrong");
      banner(`Not kept: ${error.message}`);
      throw error;
    });
  return state.saving;
}

async function settled() {
  if (state.dirty && chosen() !== null) keep();
  if (state.saving) await state.saving;
}

// ---- showing

function progress() {
  const rated = state.said.filter(Boolean).length;
  const all = state.said.length;
  find("progress").max = all || 1;
  find("progress").value = rated;
  find("place").textContent = all ? `${state.at + 1} of ${all}` : "Review";
  find("rated").textContent = `${rated} rated`;
  find("rater").textContent = state.rater;
  document.title = all ? `${state.at + 1} of ${all} · Review` : "Review";
  find("back").disabled = state.at === 0;
}

function clip(one, number) {
  if (one.kind === "missing") return make("p", "A file of this item is not there. If it matters for this question, choose “cannot judge”.", "gone");
  const shown = document.createElement(one.kind === "image" ? "img" : one.kind);
  if (one.kind === "image") shown.alt = "The picture that the answer is about";
  else Object.assign(shown, { controls: true, preload: "metadata", playsInline: true });
  shown.addEventListener("error", () => shown.replaceWith(make("p", `This browser cannot play this file (${one.mime}). If it matters for this question, choose “cannot judge”.`, "gone")));
  shown.src = `clip/${state.at}/${number}`;
  return shown;
}

function marked(text, claim) {
  const place = claim ? text.indexOf(claim) : -1;
  if (place < 0) return [document.createTextNode(text)];
  return [document.createTextNode(text.slice(0, place)), make("mark", claim), document.createTextNode(text.slice(place + claim.length))];
}

function keyOf(scale, index) {
  // By a score's own last digit where no two share it (0, 0.5, 1: keys 0, 5, 1), so that 1 never gives a 0; else by place.
  const digits = scale.map((point) => String(point.score).slice(-1));
  const own = new Set(digits).size === digits.length && scale.every((point) => point.score >= 0 && point.score < 10);
  return own ? digits[index] : index < 9 ? String(index + 1) : "";
}

function point(score, text, key, value) {
  const label = make("label", "", value === NONE ? "point none" : "point");
  const input = document.createElement("input");
  Object.assign(input, { type: "radio", name: "score", value });
  label.append(input);
  if (value !== NONE) label.append(make("b", score));
  const meaning = make("span", text);
  meaning.dir = "auto";
  label.append(meaning);
  if (key && key !== score) {
    const shown = make("kbd", key);
    shown.setAttribute("aria-hidden", "true");
    label.append(shown);
  }
  return label;
}

function part(title, text) {
  const details = make("details", "", "part");
  details.open = title.startsWith("What can be");
  const body = make("div", text, "text");
  body.dir = "auto";
  details.append(make("summary", title), body);
  return details;
}

function fill(card) {
  find("clips").replaceChildren(...card.clips.map(clip));
  find("answer").replaceChildren(...marked(card.answer, card.claim));
  find("question").textContent = card.question;
  find("question-part").hidden = !card.question;
  find("evidence").replaceChildren(...card.evidence.map((one) => part(one.title, one.text)));
  find("claim-part").hidden = card.step === null;
  find("claim-title").textContent = `Step ${card.step}`;
  find("claim").textContent = card.claim;
  find("asks").textContent = card.asks;
  const points = card.scale.map((one, index) => point(String(one.score), one.text, keyOf(card.scale, index), String(index)));
  find("scale").replaceChildren(...points, point("", "Cannot judge", "x", NONE));
  const keys = card.scale.map((_, index) => keyOf(card.scale, index)).filter(Boolean);
  find("keys-scale").replaceChildren(make("kbd", keys[0]), document.createTextNode("–"), make("kbd", keys[keys.length - 1]));
}

// A long question is cut to a few lines; once opened, it stays open on the next cards.
function fold() {
  const question = find("question");
  question.classList.toggle("all", state.whole);
  find("more").hidden = !state.whole && question.scrollHeight <= question.clientHeight + 2;
  find("more").textContent = state.whole ? "Show less" : "Show all of it";
  find("more").setAttribute("aria-expanded", String(state.whole));
}

function restore(said) {
  find("note").value = said ? said.note : "";
  if (!said) return status("");
  const index = said.cannot_judge ? NONE : String(state.card.scale.findIndex((one) => one.score === said.score));
  const input = find("scale").querySelector(`input[value="${index}"]`);
  if (input) input.checked = true;
  status("Kept", "kept");
}

async function show(at) {
  const turn = ++state.turn;
  const card = await ask(`card/${at}`);
  if (turn !== state.turn) return;
  Object.assign(state, { at, card, dirty: false, seconds: 0, since: 0, saving: null });
  fill(card);
  restore(state.said[at]);
  find("done").hidden = true;
  find("main").hidden = false;
  fold();
  progress();
  clock();
  window.scrollTo(0, 0);
  find("asks").focus({ preventScroll: true });
}

function finish() {
  state.turn += 1;
  for (const playing of document.querySelectorAll("video, audio")) playing.pause();
  find("main").hidden = true;
  find("done").hidden = false;
  find("done-text").textContent = `${state.said.length} ratings by ${state.rater} are kept. You can close this page.`;
  find("done-title").focus();
}

// ---- going

async function go(at) {
  if (at < 0 || !state.card) return;
  if (chosen() === null && find("note").value.trim()) return status("Choose a score, or clear the note, before you go on.", "wrong");
  try {
    await settled();
    if (at < state.said.length) await show(at);
    else {
      const open = state.said.findIndex((said) => !said);
      if (open < 0) finish();
      else if (open === state.at) status("This is the last one that is not rated.");
      else await show(open);
    }
  } catch (error) {
    banner(error.message);
  }
}

function next() {
  if (chosen() === null) return status("Choose a score, or “cannot judge”. The → key leaves it for later.", "wrong");
  go(state.at + 1);
}

find("rate").addEventListener("submit", (event) => {
  event.preventDefault();
  next();
});
find("scale").addEventListener("change", changed);
find("note").addEventListener("change", changed);
find("note").addEventListener("input", () => { state.dirty = true; });
find("more").addEventListener("click", () => { state.whole = !state.whole; fold(); });
window.addEventListener("resize", () => { if (state.card) fold(); });
find("back").addEventListener("click", () => go(state.at - 1));
find("done-back").addEventListener("click", () => show(0).catch((error) => banner(error.message)));
find("show-keys").addEventListener("click", () => find("keys").showModal());
window.addEventListener("beforeunload", (event) => { if (state.dirty && state.card) event.preventDefault(); });

// ---- keys

function pick(index) {
  const input = find("scale").querySelectorAll("input")[index];
  if (!input || input.checked) return;
  input.checked = true;
  changed();
}

function play() {
  const media = document.querySelector("video, audio");
  if (media) media.paused ? media.play().catch(() => {}) : media.pause();
}

function single(key) {
  const index = state.card.scale.findIndex((_, number) => keyOf(state.card.scale, number) === key);
  if (index >= 0) pick(index);
  else if (key === "x") pick(state.card.scale.length);
  else if (key === "n") find("note").focus();
  else if (key === "p") play();
  else if (key === "?") find("keys").showModal();
  else return false;
  return true;
}

document.addEventListener("keydown", (event) => {
  const on = event.target;
  if (event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
  if (on.id === "note") {
    if (event.key === "Escape") find("asks").focus();
    else if (event.key === "Enter" && event.ctrlKey) next();
    return;
  }
  if (event.ctrlKey) return;
  let done = true;
  if (!find("done").hidden) done = event.key === "ArrowLeft" && (show(state.said.length - 1).catch((error) => banner(error.message)), true);
  else if (!state.card) done = false;
  else if (event.key === "ArrowLeft" && !on.closest("video, audio")) go(state.at - 1);
  else if (event.key === "ArrowRight" && !on.closest("video, audio")) go(state.at + 1);
  else if (event.key === "Enter" && !on.closest("button, summary, a, video, audio")) next();
  else done = find("single").checked && !event.repeat && single(event.key);
  if (done) event.preventDefault();
});

// ---- beginning

function stored(name) {
  try {
    if (name !== undefined) sessionStorage.setItem("rater", name);
    return sessionStorage.getItem("rater") || "";
  } catch {
    return "";
  }
}

async function begin(name) {
  const queue = await ask(`queue?rater=${encodeURIComponent(name)}`);
  Object.assign(state, { rater: queue.rater, fixed: queue.fixed, said: queue.said });
  if (!state.rater) return find("who").showModal();
  stored(state.rater);
  progress();
  const open = state.said.findIndex((said) => !said);
  if (open < 0) return finish();
  return show(open);
}

find("who").addEventListener("cancel", (event) => event.preventDefault());
find("who-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = find("who-name").value.trim();
  if (!name) return;
  find("who").close();
  begin(name).catch((error) => banner(error.message));
});
begin(stored()).catch((error) => banner(error.message));

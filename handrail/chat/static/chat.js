// The conversation: what the customer reads and writes. Whatever anybody wrote is shown as text.

import { Refusal, call, enter, id } from "./calls.js";
import { on, tell } from "./host.js";
import { follow } from "./stream.js";

const chat = document.getElementById("chat");
const words = JSON.parse(chat.dataset.words);
const part = (name) => document.getElementById(name);
const [talk, log, state, trouble, asks, rate, form, text] = ["talk", "log", "state", "trouble", "asks", "rate", "say", "text"].map(part);
const tabs = "BroadcastChannel" in self ? new BroadcastChannel("handrail-chat") : null;
const language = document.documentElement.lang;
let caseId = null, status = null, withPerson = false, stop = null, seen = false;
const YOUNG = "handrail-young"; // lists have no conversation before its first turn has ended: till then its id is kept
const unsent = new Map(); // what is on its way or was not taken, by its id: sent again under it, it counts once
let before = Promise.resolve(); // one after the other: the first opens the case that the next one goes to

function show(element, yes) { element.hidden = !yes; }

const young = () => { try { return sessionStorage.getItem(YOUNG); } catch { return null; } };
function grown() { try { sessionStorage.removeItem(YOUNG); } catch { /* storage is switched off */ } }
function begun(id_) { try { sessionStorage.setItem(YOUNG, id_); } catch { /* storage is switched off: for this page alone */ } }

function complain(error) {
  const known = { 401: words.signed_out, 403: words.signed_out, 413: words.too_long, 422: words.too_long, 429: words.too_many };
  trouble.textContent = error ? known[error.status] ?? words.failed : "";
  show(trouble, Boolean(error));
  show(part("outside"), error?.status === 401 && error.code === "nobody");
  if (error?.code === "nobody") { show(trouble, false); show(form, false); }
}

function line(author, words_, at, key) {
  const item = document.createElement("li");
  item.className = author === "approved" ? "assistant" : author;
  item.dataset.id = key;
  const who = document.createElement("p"), said = document.createElement("p");
  who.className = "who";
  who.textContent = words[`by_${author}`] + (at ? ` · ${new Date(at).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" })}` : "");
  said.className = "words";
  said.dir = "auto";
  said.textContent = words_;
  item.append(who, said);
  return item;
}

function toEnd() { talk.scrollTop = talk.scrollHeight; }

function add(item) {
  const below = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 80;
  const standing = [...log.children].find((one) => item.dataset.id && one.dataset.id === item.dataset.id);
  if (standing) standing.replaceWith(item); else log.append(item);
  if (below || !seen) toEnd();
}

// The message and what it was edited to.
const versions = (id_) => [...log.children].filter(({ dataset }) => dataset.id === id_ || dataset.id?.startsWith(`${id_}~`));

function turnTo(person) {
  if (person === withPerson) return;
  withPerson = person;
  const item = document.createElement("li");
  item.className = "turn";
  item.textContent = person ? words.taken_over : words.machine_again;
  add(item);
}

// What each kind of event makes of the page; kinds that are not here change nothing.
const happened = {
  message: ({ text: said, at, body }) => {
    unsent.delete(body.message_id);
    add(line("customer", said ?? words.withdrawn, at, body.message_id));
  },
  "message.edited": ({ body }) => {
    for (const item of versions(body.message_id)) {
      const who = item.querySelector(".who");
      if (item.dataset.id !== body.correction && !item.dataset.edited) who.textContent += ` · ${words.edited}`;
      if (item.dataset.id !== body.correction) item.dataset.edited = "1";
    }
  },
  "message.withdrawn": ({ body }) => {
    for (const item of versions(body.message_id)) item.querySelector(".words").textContent = words.withdrawn;
  },
  reply: ({ text: said, at, body }) => {
    if (body.author === "assistant") turnTo(false);
    add(line(body.author === "assistant" && body.approved ? "approved" : body.author, said, at, body.message_id));
    if (seen) tell("said");
  },
  assigned: () => turnTo(true),
  waiting: ({ body }) => { status = body.for === "approval" ? "AwaitingApproval" : "WithHuman"; },
  status: ({ body }) => { if (body.before === "WithHuman" && body.status === "Working") turnTo(false); status = body.status; },
  resolved: () => { status = "Resolved"; },
  reopened: () => { status = "Working"; show(rate, false); },
  closed: () => { status = "Closed"; },
  opened: () => { status = "Working"; },
  rated: () => { rate.dataset.done = "1"; },
};

function stands() {
  const said = { Working: words.working, AwaitingApproval: words.approval, Resolved: words.resolved, Closed: words.closed };
  const over = status === "Resolved" || status === "Closed";
  const thanks = over && rate.dataset.done ? `${words.rated} ` : "";
  state.textContent = status === "WithHuman" ? (withPerson ? "" : words.waiting) : thanks + (said[status] ?? "");
  show(rate, over && !rate.dataset.done);
  show(part("fresh"), over);
  show(part("transcript"), caseId !== null);
  if (part("mail")) show(part("mail"), caseId !== null);
  if (status !== "AwaitingCustomer") show(asks, false);
  if (over && !seen) toEnd();
}

// What is asked does not stand in events: one look for a burst of them.
let looking = 0;
function look() {
  clearTimeout(looking);
  looking = setTimeout(async () => {
    const of = caseId;
    const found = await call("GET", `/v1/cases/${of}`).then((answer) => answer.json()).catch(() => null);
    if (of !== caseId || found === null) return;
    show(asks, Boolean(found.asks));
    asks.dataset.question = found.asks?.question_id ?? "";
    asks.dataset.language = found.language ?? "";
    if (found.asks) setTimeout(toEnd);
    asks.querySelector("ul").replaceChildren(...(found.asks?.lines ?? []).map((one) => Object.assign(document.createElement("li"), { textContent: one })));
  }, 60);
}

function turn(event) {
  happened[event.kind]?.(event);
  stands();
  if (event.kind === "status" && status === "AwaitingCustomer") look();
}

function watch(wanted, isYoung = false) {
  if (wanted === caseId) return;
  stop?.();
  [caseId, status, withPerson, seen] = [wanted, isYoung ? "Working" : null, false, false];
  if (isYoung) begun(wanted); else grown();
  delete rate.dataset.done;
  rate.reset();
  log.replaceChildren(...log.querySelectorAll(".pending"));
  log.setAttribute("aria-live", "off"); // what was said before is not read out
  stands();
  if (wanted === null) return;
  setTimeout(() => { seen = true; log.setAttribute("aria-live", "polite"); }, 800);
  stop = follow(wanted, {
    open: async (after, signal) => {
      try {
        return await call("GET", `/v1/cases/${wanted}/events`, { headers: { "last-event-id": String(after) }, signal });
      } catch (error) {
        if (error instanceof Refusal && [401, 403, 404].includes(error.status)) { complain(error); return null; }
        throw error;
      }
    },
    tell: (event) => { grown(); turn(event); },
    say: (connected) => { if (connected) stands(); else state.textContent = words.away; },
  });
}

const REFUSED = [413, 422]; // these words are not taken, however often they are sent
const TAKE_AGAIN = [401, 403, 408, 425, 429];

function failed(sending, error) {
  const refused = error instanceof Refusal && error.status < 500;
  // It was surely not taken, so it may go where the conversation goes on by now.
  if (refused && !TAKE_AGAIN.includes(error.status)) sending.body = null;
  const item = log.querySelector(`[data-id="${sending.key}"]`);
  if (refused && REFUSED.includes(error.status) && !text.value) {
    item?.remove();
    unsent.delete(sending.key);
    text.value = sending.said;
  } else if (item) {
    if (item.classList.contains("failed")) item.lastChild.remove();
    else item.querySelector(".who").append(` · ${words.not_sent}`);
    item.classList.add("failed");
    const again = Object.assign(document.createElement("button"), { type: "button", textContent: words.again });
    again.addEventListener("click", () => { text.focus(); send(sending); });
    item.append(again);
  }
  complain(error instanceof Refusal ? error : new Refusal(0, "away"));
}

function addressed(sending) {
  const over = caseId === null || status === "Closed";
  sending.path = over ? "/v1/cases" : `/v1/cases/${caseId}/messages`;
  sending.body = { text: sending.said, channel: "widget", ...(sending.answers && !over && { answers: sending.answers }) };
}

async function send(sending) {
  if (sending.busy) return;
  sending.busy = true;
  add(Object.assign(line("customer", sending.said, null, sending.key), { className: "customer pending" }));
  toEnd();
  const turn = before.then(() => deliver(sending)).finally(() => { sending.busy = false; });
  before = turn.catch(() => {});
  await turn;
}

// Whether it was taken. What was to open the conversation goes first: what comes behind it belongs there.
async function deliver(sending) {
  if (!unsent.has(sending.key)) return true;
  const opening = [...unsent.values()].find((one) => one !== sending && one.body && one.path === "/v1/cases");
  try {
    if (!sending.body && opening && !(await deliver(opening))) throw new Refusal(0, "away");
    if (!sending.body) addressed(sending);
    const answer = await call("POST", sending.path, { body: sending.body, key: sending.key, headers: { prefer: "wait=0" } });
    unsent.delete(sending.key);
    complain(null);
    if (sending.path === "/v1/cases") { watch((await answer.json()).case_id, true); tabs?.postMessage({ opened: caseId }); }
    return true;
  } catch (error) {
    failed(sending, error);
    if (sending.answers && status === "AwaitingCustomer") look();
    return false;
  }
}

function say(said, key, answers = null) {
  if (!unsent.has(key)) unsent.set(key, { said, key, answers, body: null, busy: false });
  return send(unsent.get(key));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const said = text.value;
  if (!said.trim()) return;
  text.value = "";
  say(said, id("m"));
});

text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
});

asks.addEventListener("click", (event) => {
  const answer = event.target.closest("[data-answer]")?.dataset.answer;
  if (!answer) return;
  // In the question's language, whatever the page's is: what is a no in one is a yes in another.
  const own = (words.answers[asks.dataset.language] ?? words.answers.en)[answer];
  show(asks, false);
  text.focus();
  say(own, `${answer}-${asks.dataset.question}`, asks.dataset.question);
});

let wish = null; // the same wish until it is taken, however often the button is pressed
part("person").addEventListener("click", async ({ detail }) => {
  if (detail > 1) return; // the second click of a double one
  wish ??= id("p");
  const key = wish;
  await say(words.person_words, key);
  if (!unsent.has(key)) wish = null;
});

let rating = false;
rate.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (rating) return;
  rating = true;
  const given = new FormData(rate), comment = given.get("comment").trim();
  try {
    await call("POST", `/v1/cases/${caseId}/rate`, { body: { csat: Number(given.get("csat")), ...(comment && { comment }) } });
    complain(null);
    rate.dataset.done = "1";
    stands();
    text.focus();
  } catch (error) { complain(error instanceof Refusal ? error : new Refusal(0, "away")); } finally { rating = false; }
});

part("transcript").addEventListener("click", async ({ detail }) => {
  if (detail > 1) return;
  try {
    const answer = await call("GET", `${chat.dataset.home}transcript/${caseId}?lang=${language}`);
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(await answer.blob()), download: `${caseId}.txt` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  } catch (error) { complain(error); }
});

part("mail")?.addEventListener("click", async () => {
  const key = id("mail");
  try {
    const answer = await call("POST", `${chat.dataset.home}transcript/${caseId}/mail?lang=${language}`, { key });
    part("mailed").textContent = (await answer.json()).words;
    show(part("mailed"), true);
  } catch (error) { complain(error); }
});

part("fresh").addEventListener("click", () => { wish = null; watch(null); text.focus(); });

async function isThere(id_) {
  try {
    await call("GET", `/v1/cases/${id_}`);
    return true;
  } catch (error) {
    if (error instanceof Refusal && [403, 404].includes(error.status)) return false; // another customer's by now
    throw error;
  }
}

async function newest(opened = young()) {
  try {
    const known = opened !== null && await isThere(opened);
    const { cases } = known ? { cases: [{ case_id: opened }] } : await (await call("GET", "/v1/cases?limit=1")).json();
    complain(null);
    watch(cases[0]?.case_id ?? null, known);
  } catch (error) { complain(error instanceof Refusal ? error : new Refusal(0, "away")); }
}

if (tabs) tabs.onmessage = ({ data }) => { if (data.opened && data.opened !== caseId) newest(data.opened); };
on("open", () => text.focus());
if (window.parent !== window) {
  const close = () => tell("close");
  show(part("close"), true);
  part("close").addEventListener("click", close);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
}
tell("ready");
enter().then(() => newest(), (error) => complain(error instanceof Refusal ? error : new Refusal(0, "away")));

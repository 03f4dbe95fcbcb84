// Calls of the HTTP API as the customer: with a token of theirs, which is fetched anew when it has ended.

import { token as fromHost } from "./host.js";

const KEPT = "handrail-visitor";
const home = document.getElementById("chat").dataset.home;
const visitorsMay = document.getElementById("chat").dataset.visitors === "true";
let token = null, visiting = false;

const kept = () => { try { return localStorage.getItem(KEPT); } catch { return null; } };
const keep = (value) => { try { localStorage.setItem(KEPT, value); } catch { /* storage is switched off: for this page alone */ } };

export class Refusal extends Error {
  constructor(status, code) { super(code); this.status = status; this.code = code; }
}

async function visitor(known) {
  const answer = await fetch(`${home}visitor`, { method: "POST", headers: known ? { authorization: `Bearer ${known}` } : {} });
  if (answer.status === 401 && known) return visitor(null);
  if (!answer.ok) throw new Refusal(answer.status, "visitor");
  const fresh = (await answer.json()).token;
  keep(fresh);
  return fresh;
}

async function entrance() {
  const customer = await fromHost();
  visiting = customer === null;
  if (!visiting) return customer;
  if (!visitorsMay) throw new Refusal(401, "nobody");
  return visitor(kept());
}

// One at a time: two calls that find the token gone fetch one new one.
let entering = null;
export async function enter() {
  entering ??= entrance().finally(() => { entering = null; });
  token = await entering;
}

export async function call(method, path, { body, key, headers = {}, signal } = {}) {
  for (let again = false; ; again = true) {
    if (token === null) await enter();
    const used = token;
    const sent = { ...headers, authorization: `Bearer ${used}` };
    if (body) sent["content-type"] = "application/json";
    if (key) sent["idempotency-key"] = key;
    const answer = await fetch(path, { method, headers: sent, signal, body: body && JSON.stringify(body) });
    if (answer.status === 401 && !again) { if (token === used) token = null; continue; }
    if (!answer.ok) throw new Refusal(answer.status, (await answer.json().catch(() => ({}))).code ?? "");
    return answer;
  }
}

export function id(word) {
  // Not randomUUID, which is there on https alone.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `${word}-${Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("")}`;
}

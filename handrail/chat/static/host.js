// The page that shows this frame: it brings the customer's token, and hides the frame when asked to.
// Nothing of anybody's is sent to it; who may show the frame at all is said by its headers.

const SILENCE_MILLISECONDS = 10_000;
const framed = window.parent !== window;
const waiting = [];
const listeners = {};

window.addEventListener("message", ({ source, data }) => {
  if (!framed || source !== window.parent || typeof data !== "object" || data === null) return;
  if (data.handrail === "token") waiting.splice(0).forEach(({ found, failed }) => data.failed ? failed(new Error("token")) : found(data.token ?? null));
  else listeners[data.handrail]?.(data);
});

export const on = (name, listener) => { listeners[name] = listener; };
export const tell = (name, more = {}) => { if (framed) window.parent.postMessage({ handrail: name, ...more }, "*"); };

// The token of the customer who is signed in on the page; null where nobody is, or no script of ours is around the frame.
export function token() {
  if (!framed) return Promise.resolve(null);
  return new Promise((found, failed) => {
    waiting.push({ found, failed });
    setTimeout(() => found(null), SILENCE_MILLISECONDS);
    tell("token?");
  });
}

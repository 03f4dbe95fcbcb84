// Keys for whoever decides a lot. The pages do everything without them, and they can be switched off.
const OFF = "handrail-keys-off";
const state = { prefix: "" };

const typing = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;

const rows = () => [...document.querySelectorAll("a.row")];

function move(step) {
  const all = rows();
  const at = all.indexOf(document.activeElement);
  const next = all[Math.min(all.length - 1, Math.max(0, at + step))];
  if (next) next.focus();
}

function go(key) {
  const target = document.querySelector(`[data-key="${key}"]:not([disabled])`);
  if (!target) return false;
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    const field = target.querySelector("input:not([type=hidden]), select");
    if (field) { field.focus(); field.select?.(); }
  } else {
    target.focus();
  }
  target.scrollIntoView({ block: "nearest" });
  return true;
}

function pressed(event) {
  if (localStorage.getItem(OFF) || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const key = event.key;
  if (state.prefix === "g" && key === "q") location.assign(document.body.dataset.board);
  else if (key === "j") move(1);
  else if (key === "k") move(-1);
  else if (key === "?") { const keys = document.getElementById("keys"); keys.open = !keys.open; keys.querySelector("summary").focus(); }
  else if (["a", "r", "e", "t"].includes(key)) { if (!go(key)) return; }
  else { state.prefix = key; return; }
  state.prefix = "";
  event.preventDefault();
}

function offer() {
  const button = document.querySelector("#keys button");
  if (!button) return;
  const show = () => { button.textContent = localStorage.getItem(OFF) ? button.dataset.on : button.dataset.off; };
  button.hidden = false;
  button.addEventListener("click", () => {
    if (localStorage.getItem(OFF)) localStorage.removeItem(OFF); else localStorage.setItem(OFF, "1");
    show();
  });
  show();
}

// A form that was sent is not sent again by a second click; the server counts a decision once all the same.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
});
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));
// A reply that can be taken back: the seconds count down, then the page shows what became of it.
function countdown() {
  const left = document.querySelector("[data-leaves]");
  if (!left) return;
  const until = Date.now() + Number(left.dataset.leaves) * 1000;
  const timer = setInterval(() => {
    const seconds = Math.max(0, (until - Date.now()) / 1000);
    left.textContent = left.textContent.replace(/\d+/, String(Math.ceil(seconds)));
    if (seconds > 0) return;
    clearInterval(timer);
    setTimeout(() => location.replace(location.pathname), 1500);
  }, 250);
}

document.addEventListener("keydown", pressed);
offer();
countdown();

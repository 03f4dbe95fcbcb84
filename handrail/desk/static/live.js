// The board looks again by itself while it is in view. It tells what is new, and moves nobody away from where they are.
const EVERY = 10_000;
const board = document.getElementById("board");
const news = document.getElementById("news");

const links = (place) => [...place.querySelectorAll("a.row")];
const addresses = (place) => links(place).map((link) => link.getAttribute("href"));

async function look() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (answer.redirected) { news.textContent = news.dataset.ended; return; }
  if (!answer.ok) throw new Error(`${answer.status}`);
  const found = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("board");
  if (found) show(found);
}

function show(found) {
  const before = addresses(board);
  const at = before.indexOf(document.activeElement.getAttribute("href"));
  const within = board.contains(document.activeElement);
  for (const link of links(found)) link.removeAttribute("autofocus");
  board.replaceChildren(...found.childNodes);
  if (within) {
    const same = links(board).find((link) => link.getAttribute("href") === before[at]);
    (same ?? links(board)[Math.min(at, links(board).length - 1)] ?? board).focus({ preventScroll: true });
  }
  const fresh = addresses(board).filter((address) => !before.includes(address)).length;
  if (fresh) news.textContent = news.dataset.words.replace("0", fresh);
  else if (news.textContent === news.dataset.away) news.textContent = "";
}

// A server that is away is asked again the next time, and the reader is told that the rows may be old.
const again = () => look().catch(() => { news.textContent = news.dataset.away; });

if (board) {
  setInterval(again, EVERY);
  document.addEventListener("visibilitychange", again);
}

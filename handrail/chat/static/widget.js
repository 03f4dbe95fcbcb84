// The chat of Handrail on a page: one button, one frame. Its attributes are on the page docs/building/chat.md.
(() => {
  const script = document.currentScript;
  const home = new URL(".", script.src);
  const WORDS = {
    en: ["Open chat", "Close chat", "{n} new"], de: ["Chat öffnen", "Chat schließen", "{n} neu"],
    es: ["Abrir el chat", "Cerrar el chat", "{n} nuevos"], fr: ["Ouvrir la discussion", "Fermer la discussion", "{n} nouveaux"],
    it: ["Apri la chat", "Chiudi la chat", "{n} nuovi"], nl: ["Chat openen", "Chat sluiten", "{n} nieuw"],
    pl: ["Otwórz czat", "Zamknij czat", "nowe: {n}"], pt: ["Abrir o chat", "Fechar o chat", "{n} novas"],
    sv: ["Öppna chatten", "Stäng chatten", "{n} nya"],
  };
  const language = script.dataset.lang || document.documentElement.lang || navigator.language;
  const [open, close, fresh] = WORDS[language.slice(0, 2).toLowerCase()] ?? WORDS.en;
  const USED = "handrail-chat"; // open or used in this tab: then it is there on the next page, too
  const note = (value) => { try { sessionStorage.setItem(USED, value); } catch { /* switched off */ } };
  const noted = () => { try { return sessionStorage.getItem(USED); } catch { return null; } };

  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { color-scheme: light dark; }
    button { position: fixed; right: 1rem; bottom: 1rem; z-index: 2147483000; min-height: 2.75rem; padding: .5rem 1.1rem;
      border: 2px solid light-dark(#fff, #10201b); border-radius: 1.5rem; font: 600 1rem/1.3 system-ui, sans-serif; cursor: pointer;
      background: light-dark(#1b5e4b, #7fd1b5); color: light-dark(#fff, #10201b); }
    button:focus-visible { outline: 3px solid light-dark(#1b5e4b, #7fd1b5); outline-offset: 3px; }
    iframe { position: fixed; right: 1rem; bottom: 4.5rem; z-index: 2147483000; width: min(24rem, calc(100vw - 2rem));
      height: min(42rem, calc(100vh - 6rem)); border: 1px solid light-dark(#d4d1c8, #3b4046); border-radius: .6rem;
      background: light-dark(#fbfaf7, #16181b); }
    [hidden] { display: none; }
    @media (max-width: 30rem), (max-height: 30rem) {
      iframe { inset: 0; width: 100%; height: 100%; border: 0; border-radius: 0; }
      button[aria-expanded="true"] { display: none; }
    }`);
  root.adoptedStyleSheets = [sheet];
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-expanded", "false");
  button.textContent = open;
  let frame = null, ready = false, unread = 0;

  function tell(name, more = {}) { frame.contentWindow.postMessage({ handrail: name, ...more }, home.origin); }

  async function token() {
    const { token: fixed, tokenUrl } = script.dataset;
    if (!tokenUrl) return { token: fixed || null };
    try {
      const answer = await fetch(tokenUrl, { method: "POST", credentials: "same-origin", headers: { accept: "application/json" } });
      if ([204, 401, 403].includes(answer.status)) return { token: null }; // nobody is signed in
      if (!answer.ok) return { failed: true };
      return { token: (await answer.json()).token };
    } catch { return { failed: true }; }
  }

  function load() {
    if (frame) return;
    frame = document.createElement("iframe");
    frame.title = open.replace(/^\S+ /, "");
    frame.hidden = true;
    frame.src = new URL(`?lang=${encodeURIComponent(language)}`, home).href;
    root.append(frame);
  }

  // Closed, the frame is not displayed: nothing in it takes the focus or is read out.
  function turn(yes, focus = true) {
    load();
    frame.hidden = !yes;
    button.setAttribute("aria-expanded", String(yes));
    if (yes) unread = 0;
    button.textContent = yes ? close : open;
    note(yes ? "open" : "used");
    if (!focus) return;
    if (!yes) button.focus();
    else if (ready) { frame.focus(); tell("open"); }
  }

  const asked = {
    ready: () => { ready = true; if (!frame.hidden && root.activeElement === button) { frame.focus(); tell("open"); } },
    "token?": async () => tell("token", await token()),
    close: () => turn(false),
    said: () => { if (frame.hidden && ready) { unread += 1; button.textContent = `${open} (${fresh.replace("{n}", unread)})`; } },
  };
  window.addEventListener("message", ({ source, origin, data }) => {
    if (frame && source === frame.contentWindow && origin === home.origin && data !== null && Object.hasOwn(asked, data.handrail)) asked[data.handrail]();
  });
  button.addEventListener("click", () => turn(frame === null || frame.hidden));
  root.append(button);
  const put = () => { document.body.append(host); if (noted()) { load(); if (noted() === "open") turn(true, false); } };
  if (document.body) put(); else document.addEventListener("DOMContentLoaded", put);
})();

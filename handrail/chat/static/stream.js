// One stream for all tabs: the tab that holds the lock reads the case's events, the others hear them from it.
// Each tab tells an event once, in order, by the event's number; who missed some asks the reader for them.

const BEAT_MILLISECONDS = 40_000; // the server says something every 15 seconds
const MOST_MILLISECONDS = 30_000;

const pause = (milliseconds, signal) => new Promise((resolve) => {
  const timer = setTimeout(resolve, milliseconds);
  signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
});

export async function* frames(body, alive) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "", frame = {};
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    alive();
    const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const line of lines) {
      if (line === "") { yield frame; frame = {}; continue; }
      const colon = line.indexOf(":");
      if (colon < 1) continue;
      const name = line.slice(0, colon), text = line.slice(colon + 1).replace(/^ /, "");
      frame[name] = name === "data" && "data" in frame ? `${frame.data}\n${text}` : text;
    }
  }
}

// `open(after, signal)` answers with the stream behind a number, or null where there is none for this customer;
// `tell(event)` gets every event; `say(connected)` how it goes. What either of them cannot show is reported, and no reason
// to read again: it would fail again, and hold up what comes behind it.
export function follow(caseId, { open, ...shows }) {
  const stop = new AbortController();
  const name = `handrail-case-${caseId}`;
  const channel = "BroadcastChannel" in self ? new BroadcastChannel(name) : null;
  const log = []; // everything told so far, for tabs that come later
  let last = 0, reads = false;

  function reported(work, what) {
    try { work(); } catch (error) { console.error(`${what} of case ${caseId} is not shown.`, error); }
  }
  const say = (yes) => reported(() => shows.say(yes), "The connection");

  function take(numbered) {
    if (numbered.id <= last) return;
    last = numbered.id;
    if (!numbered.data) return;
    log.push(numbered);
    reported(() => shows.tell(JSON.parse(numbered.data)), `Event ${numbered.id}`);
  }

  function heard({ data }) {
    if ("wants" in data) {
      if (reads) channel.postMessage({ after: data.wants, told: [...log.filter((one) => one.id > data.wants), { id: last }] });
    } else if ("connected" in data) {
      say(data.connected);
    } else if (data.after > last) {
      channel.postMessage({ wants: last });
    } else {
      data.told.forEach(take);
    }
  }

  function share(numbered) {
    const after = last;
    take(numbered);
    if (last > after) channel?.postMessage({ after, told: [numbered] });
  }

  function connected(yes) {
    say(yes);
    channel?.postMessage({ connected: yes });
  }

  async function once(retry) {
    const here = new AbortController();
    const end = () => here.abort();
    stop.signal.addEventListener("abort", end, { once: true });
    let timer = 0;
    const alive = () => { clearTimeout(timer); timer = setTimeout(end, BEAT_MILLISECONDS); };
    alive();
    try {
      const answer = await open(last, here.signal);
      if (answer === null) { stop.abort(); return null; }
      connected(true);
      for await (const frame of frames(answer.body, alive)) {
        if (frame.retry) retry = Number(frame.retry) || retry;
        if (frame.id) share({ id: Number(frame.id), data: frame.data ?? null });
      }
      return retry;
    } finally {
      clearTimeout(timer);
      stop.signal.removeEventListener("abort", end);
    }
  }

  async function read() {
    reads = true;
    let retry = 1_000, failed = 0;
    while (!stop.signal.aborted) {
      try {
        const found = await once(retry);
        if (found === null) return;
        [retry, failed] = [found, 0];
      } catch {
        failed += 1;
      }
      if (stop.signal.aborted) return;
      connected(false);
      await pause(Math.min(retry * 2 ** failed, MOST_MILLISECONDS), stop.signal);
    }
  }

  if (channel) { channel.onmessage = heard; channel.postMessage({ wants: 0 }); }
  // A browser that blocks other sites' storage denies locks to a frame of theirs: then each tab reads for itself.
  const alone = () => { if (!stop.signal.aborted) read(); };
  if (channel && navigator.locks) navigator.locks.request(name, { signal: stop.signal }, read).catch(alone);
  else read();
  return () => { stop.abort(); channel?.close(); };
}

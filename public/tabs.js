// One event stream a browser, however many tabs: browsers open six connections to a server over HTTP/1.1, and ten tabs must
// all be usable. Says which tab holds it, and passes on what that one hears; the stream itself is read by the WASM
// (app/src/live/stream.rs). A courtesy: a tab that is told nothing is refused by its next request.
(() => {
  const { user } = document.documentElement.dataset;
  if (!window.curfew || !user || !window.EventSource || !window.BroadcastChannel) return;

  let over = false;
  let listens = false;
  let channel = null;
  let leading = false;
  let resign = () => {};

  const say = (event, detail) => dispatchEvent(new CustomEvent(`curfew:${event}`, { detail }));

  const lead = () => {
    leading = true;
    say("lead");
  };

  // The one that has the lock, which goes on to another when it closes.
  const standForElection = () => {
    if (!navigator.locks) return lease();
    const quit = new AbortController();
    let done = () => {};
    resign = () => {
      quit.abort();
      done();
    };
    const holding = () => {
      lead();
      return new Promise((free) => (done = free));
    };
    navigator.locks.request("curfew-live", { signal: quit.signal }, holding).catch(() => {});
  };

  // Browsers have locks over https and on this machine only. Elsewhere: a note in the storage that all
  // tabs see, good for five seconds.
  const lease = () => {
    const me = String(Math.random());
    const renew = () => {
      const [tab, until] = (localStorage.getItem("curfew-live") ?? "").split(" ");
      if (tab === me || !(Number(until) > Date.now())) {
        localStorage.setItem("curfew-live", `${me} ${Date.now() + 5_000}`);
        if (!leading) lead();
      } else if (leading) {
        leading = false;
        say("resign");
      }
    };
    const renewing = setInterval(renew, 1_000 + Math.random() * 500);
    resign = () => {
      clearInterval(renewing);
      if (leading) localStorage.removeItem("curfew-live");
    };
    setTimeout(renew, Math.random() * 200);
  };

  const start = () => {
    if (over || channel || !listens) return;
    channel = new BroadcastChannel("curfew-live");
    channel.onmessage = ({ data }) => say("told", data);
    standForElection();
  };

  // A page in the back/forward cache or asleep holds nothing: another tab takes over.
  const stop = () => {
    say("resign");
    resign();
    leading = false;
    channel?.close();
    channel = null;
  };

  // A tab whose WASM is not there, or has panicked, would hold the stream and hear nothing.
  addEventListener("curfew:listens", () => {
    listens = true;
    start();
  });
  addEventListener("curfew:tell", ({ detail }) => channel?.postMessage(detail));
  new MutationObserver(() => {
    listens = false;
    stop();
  }).observe(document.documentElement, { attributeFilter: ["data-broken"] });
  document.addEventListener("curfew:over", () => {
    over = true;
    // The other tabs get the last notice before the channel closes.
    setTimeout(stop);
  });
  addEventListener("pagehide", stop);
  addEventListener("pageshow", (event) => {
    if (event.persisted) start();
  });
  document.addEventListener("freeze", stop);
  document.addEventListener("resume", start);
})();

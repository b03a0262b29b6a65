// Is told by the server at once when the session ends. One event stream a browser, however many tabs:
// browsers open six connections to a server over HTTP/1.1, and ten tabs must all be usable. The tab that
// holds it tells the others. A courtesy: a tab that is told nothing is refused by its next request.
(() => {
  const { curfew } = window;
  const { user, access } = document.documentElement.dataset;
  if (!curfew || !user || !window.EventSource || !window.BroadcastChannel) return;

  let over = false;
  let channel = null;
  let source = null;
  let later = 0;
  let wait = 0;

  // Acts on a notice from the stream or from another tab.
  const act = async (notice) => {
    if (over) return;
    if (notice.user !== user) {
      // Another user has signed in with this browser: this page is not theirs.
      if (notice.kind === "hello") curfew.check();
    } else if (notice.kind !== "ended") {
      if (notice.access !== access) curfew.changed(notice.text);
    } else if (!notice.may_come_back) {
      curfew.ended(notice.reason);
    } else if ((await curfew.verify()) === "yes" && leading && !source) {
      open();
    }
  };

  const close = () => {
    clearTimeout(later);
    source?.close();
    source = null;
  };

  const open = () => {
    close();
    source = new EventSource("/events");
    for (const kind of ["hello", "changed", "ended"]) {
      source.addEventListener(kind, (event) => {
        const notice = { kind, ...JSON.parse(event.data) };
        if (kind === "hello") wait = 0;
        if (kind === "ended") close();
        channel?.postMessage(notice);
        act(notice);
      });
    }
    source.onerror = async () => {
      // Cut off: the browser tries again by itself. Refused: it does not, and cannot say why.
      if (source?.readyState !== EventSource.CLOSED) return;
      close();
      if ((await curfew.verify()) === "no" || over || !leading) return;
      wait = Math.min(wait ? wait * 2 : 5_000, 120_000);
      later = setTimeout(open, wait * (0.5 + Math.random()));
    };
  };

  // Which tab holds the stream: the one that has the lock, which goes on to another when it closes.
  let leading = false;
  let resign = () => {};

  const lead = () => {
    leading = true;
    open();
  };

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
        close();
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
    if (over || channel) return;
    channel = new BroadcastChannel("curfew-live");
    channel.onmessage = ({ data }) => act(data);
    standForElection();
  };

  // A page in the back/forward cache or asleep holds nothing: another tab takes over.
  const stop = () => {
    close();
    resign();
    leading = false;
    channel?.close();
    channel = null;
  };

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
  start();
})();

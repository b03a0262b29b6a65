// Keeps a page of a signed-in user from being seen when they no longer are. It is covered whenever it
// may be out of date, until the server has said that they still are: when it comes back from the
// back/forward cache, from another tab, from sleep, or from being offline (`no-store` alone does not
// achieve that). When the session has ended, the page is taken out and a card says why. Plain script, so
// that it works before the WASM is there, and when the WASM never comes.
(() => {
  const root = document.documentElement;

  // The WASM has panicked (app/src/hydrate.rs): nothing reaches it any more, and the browser sends the forms itself.
  for (const kind of ["click", "submit", "input", "change", "toggle"]) {
    const keep = (event) => root.hasAttribute("data-broken") && event.stopPropagation();
    document.addEventListener(kind, keep, true);
  }

  const signedIn = window.BroadcastChannel && new BroadcastChannel("curfew-signed-in");
  // A page in the back/forward cache holds nothing.
  addEventListener("pagehide", () => signedIn?.close());

  if (!root.hasAttribute("data-guarded")) {
    // A page whose user was replaced by another of the same browser came here, perhaps before the browser had the new cookie.
    // Once another tab is signed in, so is this one, and is led on.
    if (signedIn && location.pathname === "/sign-in") {
      const typed = "input:not([type=hidden], [type=checkbox])";
      const untouched = () => [...document.querySelectorAll(typed)].every((field) => !field.value);
      // A receipt, or why it was signed out, is said once: it stays until it has been read.
      const mayLeave = () => untouched() && !document.querySelector(".receipt");
      signedIn.onmessage = ({ data }) => data === "yes" && mayLeave() && location.reload();
      signedIn.postMessage("who?");
    }
    return;
  }
  let over = false;

  // Covering takes the focus, and an open dialog would keep the veil's own button out of reach.
  let focused = null;
  let dialogs = [];

  // A dialog stays only while it is looked at: that the network is gone it says itself, and keeps what was ticked in it.
  const veil = (dialogsStay = false) => {
    if (over) return;
    if (!root.classList.contains("is-veiled")) {
      focused = document.activeElement;
      root.classList.add("is-veiled");
    }
    if (dialogsStay) return;
    for (const dialog of document.querySelectorAll("dialog[open]")) {
      dialogs.push(dialog);
      dialog.close();
    }
  };

  const lift = () => {
    root.classList.remove("is-veiled", "is-offline");
    for (const dialog of dialogs) dialog.showModal();
    if (focused && focused !== document.body && focused.isConnected) focused.focus({ preventScroll: true });
    focused = null;
    dialogs = [];
  };

  const signIn = () => `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`;

  // Nothing is asked for any more, and what was half typed is kept by drafts.js.
  const stop = () => {
    over = true;
    root.setAttribute("data-over", "");
    document.dispatchEvent(new Event("curfew:leaving"));
    document.dispatchEvent(new Event("curfew:over"));
  };

  const leave = () => {
    // The page stays until the next one is there.
    veil();
    if (!over) stop();
    location.replace(signIn());
  };

  // The card in place of the page. Everything it says comes from the server, as text.
  const card = ({ end_reason, at, before, after, ask }) => {
    stop();
    const page = document.getElementById("over").content.cloneNode(true);
    const time = document.createElement("time");
    const date = new Date(at);
    time.dateTime = date.toISOString();
    time.title = date.toLocaleString([], { dateStyle: "medium", timeStyle: "long" });
    const clock = date.toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
    const day = date.toLocaleDateString([], { day: "numeric", month: "short", year: "numeric" });
    time.textContent = date.toDateString() === new Date().toDateString() ? clock : `${clock} on ${day}`;
    page.querySelector("[data-over-text]").append(before, time, after);
    // A stranger who has changed the password keeps its owner out: another way in is offered then.
    const asked = end_reason === "password_changed" ? end_reason : "";
    for (const line of page.querySelectorAll("[data-over-ask]")) {
      if (!ask || line.dataset.overAsk !== asked) line.remove();
    }
    page.querySelector("[data-over-again]").href = signIn();
    const title = page.getElementById("over-title");
    root.classList.remove("is-veiled", "is-offline");
    document.body.replaceChildren(page);
    delete document.body.dataset.boot;
    document.title = "You were signed out · Curfew";
    title.focus();
  };

  // A tab that sends something is on its way already, perhaps to the receipt of its own remote logout: the answer is waited for.
  // It may be slow. Chromium keeps an answer back while it clears what Clear-Site-Data names, for seconds where its cache is large.
  const ANSWERED_BY = 30_000;
  let sent = 0;
  let answered = 0;
  let byBrowser = false;
  // A search leads to a page, and needs no more time than any.
  const sentBy = (event) => (byBrowser = !event.defaultPrevented && event.target.method === "post");
  document.addEventListener("submit", (event) => {
    sent = Date.now();
    setTimeout(sentBy, 0, event);
  }, true);
  const unanswered = () => byBrowser || document.querySelector("form [aria-busy]");
  // The WASM leaves for the sign-in page: to go there twice would be to go past what it says once.
  document.addEventListener("curfew:leaving", () => {
    answered = Date.now();
    veil(true);
  });

  // The session has ended, says the server. Without a reason another page has told it already.
  const ended = (reason) => {
    if (over) return;
    const until = unanswered() ? sent + ANSWERED_BY : Math.max(sent, answered) + 3_000;
    if (Date.now() < until) {
      veil(true);
      setTimeout(() => ended(reason), 250);
    } else if (!reason || reason.end_reason === "signed_out") leave();
    else card(reason);
  };

  // Yes, no or (without an answer) unknown. Where this device is remembered, a script is told no reason, and the way to
  // the sign-in page leads straight back: only a browser that goes somewhere is signed in again.
  const verify = async () => {
    if (over) return "no";
    try {
      const answer = await fetch("/api/fn/still_signed_in", {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
        body: `who=${encodeURIComponent(root.dataset.user)}`,
        cache: "no-store",
        signal: AbortSignal.timeout(10_000),
      });
      if (answer.ok) return "yes";
      if (answer.status !== 401) return "unknown";
      const { reason } = await answer.json();
      ended(reason);
      return "no";
    } catch {
      return "unknown";
    }
  };

  let asking = false;
  const check = async (dialogsStay = false) => {
    if (asking || over) return;
    asking = true;
    veil(dialogsStay);
    const answer = await verify();
    asking = false;
    // Left again in the meantime: coming back asks anew.
    if (answer === "yes" && !document.hidden) lift();
    // The database is unavailable: the answer is unknown, so nothing is shown.
    if (answer === "unknown") root.classList.add("is-offline");
  };

  // The page was made for another role or plan.
  const changed = (text) => {
    if (over || document.querySelector("[data-changed-text]")) return;
    const notice = document.getElementById("changed").content.cloneNode(true);
    notice.querySelector("[data-changed-text]").textContent = text;
    document.querySelector("main").prepend(notice);
  };

  // For tabs at the sign-in page.
  if (signedIn) {
    signedIn.onmessage = async ({ data }) => data === "who?" && (await verify()) === "yes" && signedIn.postMessage("yes");
    signedIn.postMessage("yes");
  }

  // For the WASM, which is told of it by the server (app/src/live/stream.rs).
  window.curfew = { ended, verify, check, changed };

  // The server is seldom unreachable for long: the page asks again by itself.
  setInterval(() => {
    if (root.classList.contains("is-offline") && !document.hidden && navigator.onLine) check(true);
  }, 5_000);

  addEventListener("pagehide", () => veil());
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    // What it was left for has been answered.
    byBrowser = false;
    sent = 0;
    check();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) veil();
    else check();
  });
  addEventListener("offline", () => {
    veil(true);
    if (!over) root.classList.add("is-offline");
  });
  addEventListener("online", () => check(true));
  document.addEventListener("resume", () => check());
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-veil-retry]")) check();
  });
})();

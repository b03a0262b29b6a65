// Covers a page of somebody signed in whenever it may be out of date, until the server has said that
// they still are: when it comes back from the back/forward cache, from another tab, from sleep, or
// from being offline. `no-store` alone does not achieve that. Plain script, so that it works before
// the WASM is there, and when the WASM never comes.
(() => {
  const root = document.documentElement;
  if (!root.hasAttribute("data-guarded")) return;

  // Covering takes the focus, and an open dialog would keep the veil's own button out of reach.
  let focused = null;
  let dialogs = [];

  const veil = () => {
    if (root.classList.contains("is-veiled")) return;
    focused = document.activeElement;
    dialogs = [...document.querySelectorAll("dialog[open]")];
    for (const dialog of dialogs) dialog.close();
    root.classList.add("is-veiled");
  };

  const lift = () => {
    root.classList.remove("is-veiled", "is-offline");
    for (const dialog of dialogs) dialog.showModal();
    if (focused && focused !== document.body && focused.isConnected) focused.focus({ preventScroll: true });
    focused = null;
    dialogs = [];
  };

  const leave = () => {
    const next = encodeURIComponent(location.pathname + location.search);
    location.replace(`/sign-in?next=${next}`);
  };

  const ask = async () => {
    try {
      const answer = await fetch("/api/fn/still_signed_in", {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
        body: "",
        cache: "no-store",
        signal: AbortSignal.timeout(10_000),
      });
      // Left again in the meantime: coming back asks anew.
      if (answer.ok && document.hidden) return;
      if (answer.ok) lift();
      else if (answer.status === 401) leave();
      // The store is away: nobody knows, so nothing is shown.
      else root.classList.add("is-offline");
    } catch {
      root.classList.add("is-offline");
    }
  };

  // One tab of the browser asks at a time: two that presented one remember-me cookie would look like a thief.
  let asking = false;
  const check = async () => {
    if (asking) return;
    asking = true;
    veil();
    if (navigator.locks) await navigator.locks.request("curfew-still-signed-in", ask);
    else await ask();
    asking = false;
  };

  // Away is seldom for long: it asks again by itself.
  setInterval(() => {
    if (root.classList.contains("is-offline") && !document.hidden && navigator.onLine) check();
  }, 5_000);

  addEventListener("pagehide", veil);
  addEventListener("pageshow", (event) => {
    if (event.persisted) check();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) veil();
    else check();
  });
  addEventListener("offline", () => {
    veil();
    root.classList.add("is-offline");
  });
  addEventListener("online", check);
  document.addEventListener("resume", check);
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-veil-retry]")) check();
  });
})();

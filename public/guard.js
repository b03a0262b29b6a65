// Covers a page of somebody signed in whenever it may be out of date, until the server has said that
// they still are: when it comes back from the back/forward cache, from another tab, from sleep, or
// from being offline. `no-store` alone does not achieve that. Plain script, so that it works before
// the WASM is there, and when the WASM never comes.
(() => {
  const root = document.documentElement;
  if (!root.hasAttribute("data-guarded")) return;

  // Covering takes the focus and the scroll position; lifting gives both back.
  let focused = null;
  let scrolled = 0;

  const veil = () => {
    if (root.classList.contains("is-veiled")) return;
    focused = document.activeElement;
    scrolled = scrollY;
    root.classList.add("is-veiled");
  };

  const lift = () => {
    root.classList.remove("is-veiled", "is-offline");
    scrollTo({ top: scrolled, behavior: "instant" });
    if (focused && focused !== document.body && focused.isConnected) focused.focus({ preventScroll: true });
    focused = null;
  };

  const leave = () => {
    const next = encodeURIComponent(location.pathname);
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
    root.classList.remove("is-offline");
    if (navigator.locks) await navigator.locks.request("curfew-still-signed-in", ask);
    else await ask();
    asking = false;
  };

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

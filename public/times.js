// Times in the reader's zone and language, with the exact one in the title; UTC without script. Those that come with the page,
// and those that islands draw later: before they are seen.
(() => {
  const clock = { hour: "numeric", minute: "2-digit" };
  const day = { day: "numeric", month: "short", year: "numeric" };

  // The same words as in app/src/time.rs.
  const ago = (date) => {
    const minutes = Math.floor((Date.now() - date) / 60_000);
    if (minutes < -1 || minutes >= 43_200) return null;
    if (minutes < 1) return "just now";
    const [length, unit] = minutes < 60 ? [1, "minute"] : minutes < 1_440 ? [60, "hour"] : [1_440, "day"];
    const n = Math.floor(minutes / length);
    return `${n} ${unit}${n === 1 ? "" : "s"} ago`;
  };

  const say = (time) => {
    const date = new Date(time.dateTime);
    const said = (options) => new Intl.DateTimeFormat([], options).format(date);
    const full = () => said({ ...clock, ...day });
    const today = date.toDateString() === new Date().toDateString();
    const words = {
      ago: () => ago(date) ?? (date < new Date() ? said(day) : full()),
      full,
      day: () => said(day),
      date: () => said({ day: "numeric", month: "short" }),
      clock: () => (today ? said(clock) : `${said(clock)} on ${said(day)}`),
    };
    // In the text node that is there: the WASM will look for it, and for what stands beside it.
    const text = [...time.childNodes].find((node) => node.nodeType === Node.TEXT_NODE);
    if (!text) return;
    text.data = words[time.dataset.local]();
    time.title = said({ ...day, ...clock, timeZoneName: "short" });
  };

  const sayAll = (inside, which) => {
    for (const time of inside.querySelectorAll(which)) say(time);
  };

  sayAll(document, "time[data-local]");
  setInterval(() => sayAll(document, 'time[data-local="ago"]'), 30_000);
  new MutationObserver((changes) => {
    for (const { target, addedNodes } of changes) {
      if (target.matches?.("time[data-local]")) say(target);
      for (const node of addedNodes) {
        if (node.matches?.("time[data-local]")) say(node);
        else if (node.querySelectorAll) sayAll(node, "time[data-local]");
      }
    }
  }).observe(document.body, { subtree: true, childList: true, attributeFilter: ["datetime"] });
})();

// A zone to choose begins with the reader's own. As its default, so that it does not count as typed.
for (const field of document.querySelectorAll("input[data-own-zone]")) {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  if (timeZone) field.defaultValue = timeZone;
}

// Times that come with the page, in the reader's zone and language. UTC without script.
for (const time of document.querySelectorAll("time[data-local]")) {
  const show = time.dataset.local;
  const options = {};
  if (show !== "day") Object.assign(options, { hour: "numeric", minute: "2-digit" });
  if (show !== "clock") Object.assign(options, { day: "numeric", month: "short", year: "numeric" });
  // In the text node that is there: the WASM will look for it, and for what stands beside it.
  const text = [...time.childNodes].find((node) => node.nodeType === Node.TEXT_NODE);
  if (text) text.data = new Intl.DateTimeFormat([], options).format(new Date(time.dateTime));
}

// A zone to choose begins with the reader's own. As its default, so that it does not count as typed.
for (const field of document.querySelectorAll("input[data-own-zone]")) {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  if (timeZone) field.defaultValue = timeZone;
}

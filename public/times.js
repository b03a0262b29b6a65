// Times that come with the page, in the reader's zone and language. UTC without script.
for (const time of document.querySelectorAll("time[data-local]")) {
  const date = new Date(time.dateTime);
  const clock = { hour: "numeric", minute: "2-digit" };
  const day = { day: "numeric", month: "short", year: "numeric" };
  const said = (options) => new Intl.DateTimeFormat([], options).format(date);
  const today = date.toDateString() === new Date().toDateString();
  const words = {
    full: () => said({ ...clock, ...day }),
    day: () => said(day),
    date: () => said({ day: "numeric", month: "short" }),
    clock: () => (today ? said(clock) : `${said(clock)} on ${said(day)}`),
  };
  // In the text node that is there: the WASM will look for it, and for what stands beside it.
  const text = [...time.childNodes].find((node) => node.nodeType === Node.TEXT_NODE);
  if (text) text.data = words[time.dataset.local]();
}

// A zone to choose begins with the reader's own. As its default, so that it does not count as typed.
for (const field of document.querySelectorAll("input[data-own-zone]")) {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  if (timeZone) field.defaultValue = timeZone;
}

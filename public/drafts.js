// What a user had half typed when their session ended is kept in this browser and is back when they
// have signed in again; when another user signs in, it is gone. Never a password or a code.
(() => {
  const { user } = document.documentElement.dataset;
  if (!user) return;
  const PREFIX = "curfew-draft:";
  const DAY = 24 * 60 * 60 * 1_000;
  const LONGEST = 20_000;
  const NEVER = ["password", "hidden", "file", "submit", "button", "reset", "image"];

  // Storage may be full, or forbidden.
  const quietly = (operation) => {
    try {
      return operation();
    } catch {
      return undefined;
    }
  };

  // A password that is shown is a text field for that time.
  const mayKeep = (field) =>
    field.name && !NEVER.includes(field.type) && !/password|one-time-code|cc-/.test(field.autocomplete ?? "");

  const typed = (field) => {
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.options) return [...field.options].some((option) => option.selected !== option.defaultSelected);
    return field.value !== field.defaultValue && field.value.length <= LONGEST;
  };

  const isTicked = (field) => field.type === "checkbox" || field.type === "radio";
  const nameOf = (form) => {
    const id = form.querySelector('input[type="hidden"][name="id"]');
    return new URL(form.action).pathname + (id ? `#${id.value}` : "");
  };
  const forms = () => [...document.forms].filter((form) => form.method === "post");
  const fields = (form) => [...form.elements].filter((field) => "value" in field && mayKeep(field));

  const read = () => {
    const kept = quietly(() => JSON.parse(localStorage.getItem(PREFIX + user))) ?? {};
    return kept.at > Date.now() - DAY ? kept.pages : {};
  };

  const write = (pages) =>
    quietly(() => {
      if (Object.keys(pages).length === 0) localStorage.removeItem(PREFIX + user);
      else localStorage.setItem(PREFIX + user, JSON.stringify({ at: Date.now(), pages }));
    });

  // This page's, kept once more when it is left, because the browser that logged out is told to clear its storage.
  let mine = null;

  const keep = () => {
    const page = {};
    for (const form of forms()) {
      const kept = fields(form).filter(typed);
      if (kept.length > 0) {
        page[nameOf(form)] = kept.map((field) => [field.name, isTicked(field) ? field.checked : field.value]);
      }
    }
    if (Object.keys(page).length > 0) mine = page;
    put();
  };

  const put = () => {
    if (mine) write({ ...read(), [location.pathname]: mine });
  };

  const giveBack = () => {
    const { [location.pathname]: page, ...others } = read();
    if (!page) return;
    let given = false;
    for (const form of forms()) {
      for (const [name, value] of page[nameOf(form)] ?? []) {
        const field = fields(form).find((field) => field.name === name);
        if (!field) continue;
        if (isTicked(field)) field.checked = value;
        else field.value = value;
        field.dispatchEvent(new Event("input", { bubbles: true }));
        given = true;
        for (let fold = field.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
      }
    }
    write(others);
    const notice = document.querySelector("[data-kept]");
    if (given && notice) notice.hidden = false;
  };

  quietly(() => {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(PREFIX) && key !== PREFIX + user) localStorage.removeItem(key);
    }
  });
  giveBack();
  document.addEventListener("curfew:leaving", keep);
  addEventListener("pagehide", put);
})();

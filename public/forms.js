// What forms and buttons have with script, before the WASM is there and without it: buttons that copy, print, close and
// show a password, no form that is sent twice, and what was wrong with a form read out first.
(() => {
  const root = document.documentElement;

  document.querySelector(".error-summary")?.focus();
  // Nothing on this page waits for the WASM.
  if (!document.querySelector("leptos-island")) root.setAttribute("data-live", "");

  const say = (button, text) => {
    const label = button.querySelector("[aria-live]");
    const before = label.textContent;
    label.textContent = text;
    setTimeout(() => (label.textContent = before), 3_000);
  };

  // Over plain http browsers have no clipboard, but on this very machine.
  const copy = (button) =>
    navigator.clipboard
      ? navigator.clipboard.writeText(button.dataset.copy).then(
          () => say(button, "Copied"),
          () => say(button, "Select it and copy"),
        )
      : say(button, "Select it and copy");

  const show = (button) => {
    const field = document.getElementById(button.dataset.shows);
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
  };

  // While it is captured, so that it works when guard.js keeps events from the WASM.
  document.addEventListener(
    "click",
    (event) => {
      const button = event.target instanceof Element && event.target.closest("button");
      if (!button) return;
      if ("copy" in button.dataset) copy(button);
      else if ("print" in button.dataset) print();
      else if ("shows" in button.dataset) show(button);
      else if ("closes" in button.dataset) button.closest("dialog").close();
    },
    true,
  );

  // A second click while a form is on its way sends nothing a second time. What an island sends, it looks after itself.
  const once = (event) => {
    const form = event.target;
    if (form.dataset.sent) event.preventDefault();
    else form.dataset.sent = "1";
  };
  const broken = () => root.hasAttribute("data-broken");
  addEventListener("submit", (event) => broken() && once(event), true);
  addEventListener("submit", (event) => event.defaultPrevented || once(event));
  addEventListener("pageshow", () => {
    for (const form of document.forms) delete form.dataset.sent;
  });
})();

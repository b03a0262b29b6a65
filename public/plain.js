// What is nice to have on the pages that are plain HTML: buttons that copy, print and
// show a password, and what was wrong with a form read out first.
(() => {
  const root = document.documentElement;
  root.setAttribute("data-live", "");

  document.querySelector(".error-summary")?.focus();

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

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("button");
    if (!button) return;
    if ("copy" in button.dataset) copy(button);
    else if ("print" in button.dataset) print();
    else if ("shows" in button.dataset) show(button);
  });

  // A second click while it is on its way sends nothing a second time.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) event.preventDefault();
    else form.dataset.sent = "1";
  });
  addEventListener("pageshow", () => {
    for (const form of document.forms) delete form.dataset.sent;
  });
})();

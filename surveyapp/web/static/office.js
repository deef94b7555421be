// The little that a page cannot do without a script. A page works without it, too: what needs it is hidden until it runs.

const copied = async (button) => {
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
  const before = button.textContent;
  button.textContent = button.dataset.done;
  setTimeout(() => { button.textContent = before; }, 2000);
};

const show = (within) => {
  // The clipboard is there only under https and on this machine.
  if (!navigator.clipboard) return;
  for (const button of within.querySelectorAll("button[data-copy][hidden]")) button.hidden = false;
};

// Single keys get in the way of some who speak or dictate: each browser can do without them.
const keysAreOff = () => localStorage.getItem("surveyapp-keys") === "off";

const tellKeys = (within) => {
  for (const button of within.querySelectorAll("button[data-keys-switch]")) {
    button.hidden = false;
    button.textContent = keysAreOff() ? button.dataset.off : button.dataset.on;
    button.setAttribute("aria-pressed", String(!keysAreOff()));
  }
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-copy]");
  if (button) copied(button);
  if (event.target.closest("button[data-keys-switch]")) {
    localStorage.setItem("surveyapp-keys", keysAreOff() ? "on" : "off");
    tellKeys(document);
  }
  // A menu closes when one clicks beside it.
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.activeElement?.closest("details.menu[open], details.confirm[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
    return;
  }
  // Single keys, as data-key="j" on a link or a button; never while somebody types, nor where they were switched off.
  if (keysAreOff()) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, [contenteditable]")) return;
  const wanted = [...document.querySelectorAll("[data-key]")].find((element) => element.dataset.key === event.key);
  if (wanted) {
    event.preventDefault();
    wanted.click();
  }
});

// Whoever types is there: the session shall not end for want of use while a long form is filled in.
const SAID_EVERY = 5 * 60 * 1000;
let said = Date.now();
document.addEventListener("input", () => {
  const account = document.querySelector("[data-account]")?.dataset.account;
  if (!account || Date.now() - said < SAID_EVERY) return;
  said = Date.now();
  fetch(account, { method: "HEAD" }).catch(() => {});
});

document.addEventListener("htmx:after:swap", () => { show(document); tellKeys(document); });
show(document);
tellKeys(document);

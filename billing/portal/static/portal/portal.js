// Small comforts only: every page works without them. Menus close on Escape, on a click elsewhere and when focus leaves; "copy" buttons copy.
"use strict";

const menus = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("focusin", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  const before = button.textContent;
  button.textContent = button.dataset.copied;
  button.setAttribute("aria-live", "polite");
  setTimeout(() => { button.textContent = before; }, 2000);
});

for (const button of document.querySelectorAll("button[data-copy]")) button.hidden = !navigator.clipboard;

// Typing into a field of the form picks the choice it belongs to; another choice empties the field.
for (const field of document.querySelectorAll("input[data-picks]")) {
  const choice = field.form.querySelector(`input[type=radio][value="${field.dataset.picks}"]`);
  const pick = () => { if (choice && field.value) choice.checked = true; };
  field.addEventListener("input", pick);
  field.form.addEventListener("change", (event) => {
    if (event.target.type === "radio" && event.target !== choice) field.value = "";
  });
  pick();
}

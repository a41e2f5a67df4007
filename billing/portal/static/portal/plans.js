// The slider asks the server what each number would cost: the same code answers that charges it. Without this script the
// number and its button do.
"use strict";

const PATIENCE = 120; // milliseconds without another movement before the server is asked

for (const form of document.querySelectorAll("form[data-live]")) {
  const number = form.querySelector("input[name=n]");
  const range = form.querySelector("input[data-mirrors]");
  const button = form.querySelector("button[type=submit]");
  const answer = form.querySelector("[data-answer]");
  const status = form.querySelector("[data-status]");
  let waiting = 0;
  let asked = null;
  let broken = false;

  const address = (path) => `${path}?${new URLSearchParams(new FormData(form))}`;

  async function ask() {
    if (asked) asked.abort();
    asked = new AbortController();
    answer.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(address(form.dataset.live), { signal: asked.signal, headers: { "X-Requested-With": "fetch" } });
      if (!response.ok) throw new Error(String(response.status));
      answer.innerHTML = await response.text();
      const said = answer.querySelector("[data-said]");
      status.textContent = said ? said.textContent.trim().replace(/\s+/g, " ") : "";
      history.replaceState(null, "", address(location.pathname));
      button.hidden = true;
      broken = false;
    } catch (error) {
      if (error.name === "AbortError") return;
      broken = true;
      button.hidden = false; // the way that always works
    }
    answer.removeAttribute("aria-busy");
  }

  function later() {
    clearTimeout(waiting);
    waiting = setTimeout(ask, PATIENCE);
  }

  range.hidden = false;
  button.hidden = true;
  range.addEventListener("input", () => { number.value = range.value; later(); });
  number.addEventListener("input", () => { if (number.value) { range.value = number.value; later(); } });
  form.addEventListener("submit", (event) => {
    if (broken) return;
    event.preventDefault();
    clearTimeout(waiting);
    ask();
  });
}

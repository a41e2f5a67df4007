// The effect of an act follows what is typed: the form is posted as its button would post it, and the answer's effect is
// put in place. Nothing is done by it; without this script the button shows the same.
"use strict";
(() => {
  const form = document.querySelector("form[data-live]");
  if (!form) return;
  const PAUSE = 450; // milliseconds after the last key
  let timer, asking, shown;

  const isReady = () => [...form.querySelectorAll("[required]")].every((field) => field.value.trim() !== "");
  const fade = (isOld) => document.getElementById("effect")?.classList.toggle("effect--old", isOld);

  function typed() {
    const found = new FormData(form);
    found.delete("seal");
    found.append("preview", "1");
    return found;
  }

  async function show() {
    clearTimeout(timer);
    const data = typed();
    const text = new URLSearchParams(data).toString();
    if (text === shown || !isReady()) return fade(false);
    asking?.abort();
    asking = new AbortController();
    try {
      const answer = await fetch(location.href, { method: "POST", body: data, signal: asking.signal });
      if (answer.redirected || (!answer.ok && answer.status !== 422)) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("act-effect");
      if (!fresh) return;
      document.getElementById("act-effect").replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
      shown = text;
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  }

  // What stands there belongs to other figures the moment one is changed: it fades until the new ones are here.
  function later() {
    clearTimeout(timer);
    fade(true);
    timer = setTimeout(show, PAUSE);
  }

  form.addEventListener("input", later);
  form.addEventListener("change", later);
  form.addEventListener("focusin", later); // the calendar writes into its field without telling
  // Enter in a field asks for the figures: whoever types has not read yet what a confirmation would do.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    show();
  });
  if (document.getElementById("effect")) shown = new URLSearchParams(typed()).toString();
  else if (!form.querySelector("[role=alert]")) later();
})();

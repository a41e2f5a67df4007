// The tariff editor: shows the fields that make sense for the kind of price, keeps the tables of rows, and asks for the
// sample bills of what is typed. Without it every field stands there and the bills appear when the draft is saved.
"use strict";
document.documentElement.classList.add("with-script");
addEventListener("DOMContentLoaded", () => {
  const editor = document.getElementById("tariff-editor");
  if (!editor) return;
  const form = editor.closest("form");
  const panel = document.getElementById("tariff-panel");
  const word = document.getElementById("panel-word");
  const PAUSE = 250; // milliseconds after the last key
  const named = (name) => form.elements.namedItem(name);

  // --- What makes sense -------------------------------------------------------------------------------------------------

  const INTERVALS = {
    "": () => true,
    recurring: (months) => months !== "",
    monthly: (months) => months === "1",
    long: (months) => Number(months) > 1,
  };

  function makesSense() {
    const model = form.querySelector("[name=price_model]:checked")?.value ?? "per_unit";
    const months = model === "trial" ? "1" : (named("interval_months")?.value ?? "1");
    const isMonthly = model !== "trial" && months === "1";
    const timing = isMonthly ? (named("timing")?.value ?? "prepaid") : "prepaid";
    for (const field of editor.querySelectorAll("[data-field]")) {
      const { models, interval, timing: wanted } = field.dataset;
      const holds = (!models || models.split(" ").includes(model)) && INTERVALS[interval](months) && (!wanted || wanted === timing);
      field.hidden = !holds && !field.classList.contains("errors");
    }
    for (const section of editor.querySelectorAll("[data-section]"))
      section.hidden = !section.querySelector("[data-field]:not([hidden])");
    editor.dataset.model = model;
  }

  // The currency is the seller's; a product that is paid once has no interval.
  function followSeller() {
    const option = named("seller")?.selectedOptions?.[0];
    if (!option) return;
    const signs = { RUB: "₽", USD: "$", EUR: "€", GBP: "£", KZT: "₸" };
    const currency = option.dataset.currency ?? "";
    for (const sign of editor.querySelectorAll("[data-sign]")) sign.textContent = signs[currency] ?? currency;
  }

  function followProduct() {
    const kind = named("product")?.selectedOptions?.[0]?.dataset.kind;
    const interval = named("interval_months");
    if (!kind || !interval) return;
    if (kind === "one_off") interval.value = "";
    else if (interval.value === "") interval.value = "1";
  }

  // --- Tables of rows ---------------------------------------------------------------------------------------------------

  const rowsOf = (table) => [...table.querySelectorAll("[data-row]")];
  const isEmpty = (row) => [...row.querySelectorAll("input")].every((input) => input.value.trim() === "");

  function addRow(table) {
    const last = rowsOf(table).at(-1);
    const fresh = last.cloneNode(true);
    const number = Math.max(...rowsOf(table).map((row) => Number(row.querySelector("input").name.match(/-(\d+)-/)[1]))) + 1;
    for (const input of fresh.querySelectorAll("input")) {
      input.value = "";
      input.removeAttribute("aria-invalid");
      input.name = input.name.replace(/-\d+-/, `-${number}-`);
      input.id = input.id.replace(/-\d+-/, `-${number}-`);
    }
    fresh.classList.remove("ed-row--wrong");
    table.querySelector("tbody").append(fresh);
    return fresh;
  }

  function removeRow(table, row) {
    const all = rowsOf(table);
    const near = all[all.indexOf(row) + 1] ?? all[all.indexOf(row) - 1];
    if (row.nextElementSibling?.classList.contains("ed-problem")) row.nextElementSibling.remove();
    if (near) row.remove();
    else for (const input of row.querySelectorAll("input")) input.value = "";
    (near ?? row).querySelector("input").focus();
    later();
  }

  const shownInputs = (row) => [...row.querySelectorAll("input")].filter((input) => input.offsetParent);

  // Enter and the arrows go up and down in a column, as in a sheet; Enter in the last row makes one more.
  function walk(event, table) {
    const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    const row = event.target.closest("[data-row]");
    if (!step || !row || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    const all = rowsOf(table);
    const column = shownInputs(row).indexOf(event.target);
    const next = all[all.indexOf(row) + step] ?? (event.key === "Enter" ? addRow(table) : row);
    shownInputs(next)[event.key === "Enter" && next !== row && isEmpty(next) ? 0 : column].focus();
  }

  function begin(table) {
    for (const row of rowsOf(table).reverse()) if (isEmpty(row) && rowsOf(table).length > 1) row.remove();
    for (const button of table.querySelectorAll("[data-add], [data-remove]")) button.hidden = false;
    table.addEventListener("keydown", (event) => walk(event, table));
    table.addEventListener("click", (event) => {
      const remove = event.target.closest("[data-remove]");
      if (remove) removeRow(table, remove.closest("[data-row]"));
      if (event.target.closest("[data-add]")) shownInputs(addRow(table))[0].focus();
    });
  }

  // --- Sample bills -----------------------------------------------------------------------------------------------------

  let timer, asking;

  async function show() {
    asking?.abort();
    asking = new AbortController();
    try {
      const answer = await fetch(editor.dataset.preview, { method: "POST", body: new FormData(form), signal: asking.signal });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      panel.replaceChildren(...[...page.body.childNodes].map((node) => document.importNode(node, true)));
      panel.removeAttribute("aria-busy");
      word.textContent = word.dataset.word;
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  }

  // What stands there belongs to other figures the moment one is changed: it fades until the new ones are here.
  function later() {
    clearTimeout(timer);
    panel.setAttribute("aria-busy", "true");
    word.textContent = "";
    timer = setTimeout(show, PAUSE);
  }

  form.addEventListener("input", later);
  form.addEventListener("change", (event) => {
    if (event.target.name === "seller") followSeller();
    if (event.target.name === "product") followProduct();
    makesSense();
    later();
  });
  for (const table of editor.querySelectorAll("[data-rows]")) begin(table);
  makesSense();
  followSeller();
  editor.classList.add("ed--ready");
});

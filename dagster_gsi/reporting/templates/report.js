"use strict";
// Everything is readable without this: it adds filters, a search and a closer look.

const filters = document.querySelector(".filters");
const cards = [...document.querySelectorAll(".card")];
function filter() {
  const operation = filters.operation.value;
  const verdict = filters.verdict.value;
  let shown = 0;
  for (const card of cards) {
    const fits = (!operation || card.dataset.operation === operation)
      && (!verdict || card.dataset.verdict.split(" ").includes(verdict));
    card.hidden = !fits;
    shown += fits;
  }
  filters.querySelector("output").value = `${shown} shown`;
}
filters.hidden = cards.length === 0;
filters.addEventListener("input", filter);
filter();

const search = document.querySelector(".search");
const entries = [...document.querySelectorAll(".verdicts tbody")];
search.hidden = false;
search.addEventListener("submit", (event) => event.preventDefault());
search.addEventListener("input", () => {
  const words = search.querySelector("input").value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const entry of entries) {
    const text = entry.textContent.toLowerCase();
    entry.hidden = !words.every((word) => text.includes(word));
    shown += !entry.hidden;
  }
  search.querySelector("output").value = words.length ? `${shown} of ${entries.length} edits` : "";
});

const light = document.querySelector(".light");
const stage = light.querySelector("div");
for (const strip of document.querySelectorAll(".strip")) {
  strip.classList.add("opens");
  strip.addEventListener("click", () => {
    stage.replaceChildren(strip.previousElementSibling.previousElementSibling.cloneNode(true), strip.cloneNode(true));
    light.showModal();
  });
}
light.addEventListener("click", (event) => {
  if (event.target === light || event.target.tagName === "BUTTON") light.close();
});

"use strict";
// Shows the rows that have every word of the box, in themselves or in the heading above them; all of them for none.
const box = document.querySelector("#search");
const plain = (text) => text.normalize("NFKC").toLowerCase();
const headings = (row) => [...(row.closest("article")?.querySelectorAll("h3") ?? [])].map((h) => h.textContent);
const rows = [...document.querySelectorAll("section tbody tr")].map((row) => ({
  row,
  text: plain([row.textContent, ...headings(row)].join(" ")),
}));
const groups = [...document.querySelectorAll("section > table, article, section")];

function search() {
  const words = plain(box.value).split(/\s+/).filter(Boolean);
  for (const { row, text } of rows) row.hidden = !words.every((word) => text.includes(word));
  for (const group of groups) group.hidden = !group.querySelector("tbody tr:not([hidden])");
  document.querySelector("nav").hidden = words.length > 0;
  const count = rows.filter(({ row }) => !row.hidden).length;
  document.querySelector("#found").textContent = words.length ? `找到行数 rows found: ${count}` : "";
}

box.addEventListener("input", search);
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && event.target !== box) {
    event.preventDefault();
    box.focus();
  } else if (event.key === "Escape") {
    box.value = "";
    search();
  }
});
document.querySelector("#searching").hidden = false;
search();

// What the tables of a page need beyond HTML: a field above them that filters their rows, the name of each column beside its
// cell where the page is narrow, and a stop for the keyboard where a table scrolls in itself.
"use strict";
(() => {
  const page = document.getElementById("furo-main-content");
  const tables = page ? [...page.querySelectorAll("table")] : [];

  for (const table of tables) {
    const names = [...table.querySelectorAll("thead th")].map((cell) => cell.textContent);
    table.classList.toggle("wide", names.length > 3);
    for (const row of table.querySelectorAll("tbody tr")) {
      [...row.cells].forEach((cell, index) => { cell.dataset.column = names[index] || ""; });
    }
    for (const code of table.querySelectorAll("td code")) code.classList.toggle("long", code.textContent.length > 30);
  }

  const reachable = () => {
    for (const each of page ? page.querySelectorAll(".table-wrapper, .highlight pre") : []) {
      if (each.scrollWidth > each.clientWidth) each.tabIndex = 0;
      else each.removeAttribute("tabindex");
    }
  };
  addEventListener("load", reachable);
  addEventListener("resize", reachable);

  const rows = tables.flatMap((table) => [...table.querySelectorAll("tbody tr")]);
  if (rows.length < 12) return;
  const texts = rows.map((row) => row.textContent.toLowerCase());

  const form = document.createElement("form");
  form.className = "table-filter";
  form.setAttribute("role", "search");
  form.setAttribute("aria-label", "Rows of this page");
  form.addEventListener("submit", (event) => event.preventDefault());
  const label = document.createElement("label");
  label.htmlFor = "table-filter";
  label.textContent = "Filter the rows";
  const field = document.createElement("input");
  field.id = "table-filter";
  field.type = "search";
  field.autocomplete = "off";
  field.placeholder = "iam role silent";
  const told = document.createElement("output");
  told.htmlFor = "table-filter";
  form.append(label, field, told);
  (page.querySelector("h1") || page.firstElementChild).after(form);

  const sections = [...page.querySelectorAll("section")].filter(
    (section) => section.querySelector("table") && !section.querySelector(":scope > h1"),
  );
  const apply = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, index) => {
      row.hidden = !words.every((word) => texts[index].includes(word));
      if (!row.hidden) shown += 1;
    });
    const empty = (part) => words.length > 0 && !part.querySelector("tbody tr:not([hidden])");
    for (const table of tables) (table.closest(".table-wrapper") || table).hidden = empty(table);
    for (const section of sections) section.hidden = empty(section);
    told.textContent = words.length > 0 ? `${shown} of ${rows.length} rows` : `${rows.length} rows`;
  };
  // The address keeps the filter, so that a link to just these rows can be passed on.
  const keep = () => {
    const address = new URL(location.href);
    if (field.value.trim()) address.searchParams.set("filter", field.value.trim());
    else address.searchParams.delete("filter");
    history.replaceState(null, "", address);
  };
  field.addEventListener("input", () => { apply(); keep(); });
  field.value = new URLSearchParams(location.search).get("filter") || "";
  apply();
})();

// A field above a page's tables: rows that hold all of the words stay, and headings without rows go with them.
"use strict";
(() => {
  const page = document.querySelector("#furo-main-content article");
  const tables = page ? [...page.querySelectorAll("table")] : [];
  const rows = tables.flatMap((table) => [...table.querySelectorAll("tbody tr")]);
  if (rows.length < 12) return;
  const texts = rows.map((row) => row.textContent.toLowerCase());

  const form = document.createElement("form");
  form.className = "table-filter";
  form.setAttribute("role", "search");
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

  const apply = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, index) => {
      row.hidden = !words.every((word) => texts[index].includes(word));
      if (!row.hidden) shown += 1;
    });
    for (const table of tables) {
      const empty = words.length > 0 && ![...table.querySelectorAll("tbody tr")].some((row) => !row.hidden);
      const wrapper = table.closest(".table-wrapper") || table;
      wrapper.hidden = empty;
      const section = table.closest("section");
      if (section && section.querySelectorAll("table").length === 1) section.hidden = empty;
    }
    told.textContent = words.length > 0 ? `${shown} of ${rows.length} rows` : `${rows.length} rows`;
  };
  field.addEventListener("input", apply);
  field.value = new URLSearchParams(location.search).get("filter") || "";
  apply();
})();

// The results page: tables that sort by a column, one that filters, and links that open the record of a run.
// Without this script all rows stand there in their order, and every record opens by hand.

// 1. Sorting. Cells with a number carry it in data-sort; all others sort by their words. Empty ones come last.
const sortKey = (row, column) => {
  const cell = row.cells[column];
  return cell.dataset.sort === undefined ? cell.textContent.trim() : Number(cell.dataset.sort);
};
const compare = (one, other) => {
  const empty = (key) => key === "–" || key === "";
  if (empty(one) || empty(other)) return { below: empty(one) - empty(other) };
  if (typeof one !== typeof other) return { below: typeof one === "number" ? -1 : 1 };
  return { order: typeof one === "number" ? one - other : one.localeCompare(other, document.documentElement.lang) };
};
for (const table of document.querySelectorAll(".results-table")) {
  const heads = [...table.tHead.rows[0].cells];
  const original = [...table.tBodies[0].rows];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    head.setAttribute("aria-sort", "none");
    // Up, down, and back to the order of the page.
    button.addEventListener("click", () => {
      const next = { none: "ascending", ascending: "descending", descending: "none" }[head.getAttribute("aria-sort")];
      for (const each of heads) each.setAttribute("aria-sort", each === head ? next : "none");
      const sign = next === "descending" ? -1 : 1;
      const rows = [...original];
      if (next !== "none") {
        rows.sort((one, other) => {
          const { below, order } = compare(sortKey(one, column), sortKey(other, column));
          return below ?? sign * order;
        });
      }
      table.tBodies[0].append(...rows);
    });
  });
}

// 2. Filtering of the main table.
const filter = document.querySelector(".results-filter");
if (filter) {
  const controls = [...filter.querySelectorAll("[data-filter]")];
  const output = filter.querySelector("output");
  const rows = [...document.querySelector(".results-table").tBodies[0].rows];
  const apply = () => {
    const fits = (row, { value, dataset: { filter: name } }) =>
      name === "text"
        ? row.textContent.normalize("NFKC").toLowerCase().includes(value.normalize("NFKC").trim().toLowerCase())
        : value === "" || row.dataset[name] === value;
    for (const row of rows) row.hidden = !controls.every((control) => fits(row, control));
    const shown = rows.filter((row) => !row.hidden).length;
    output.textContent = output.dataset.shown.replace("{shown}", shown).replace("{all}", rows.length);
  };
  filter.addEventListener("input", apply);
  apply();
}

// 3. A link to a record opens it; not every browser does so by itself.
const openTarget = () => {
  const record = document.getElementById(named(location.hash))?.closest("details.provenance");
  if (record && !record.open) {
    record.open = true;
    record.scrollIntoView();
  }
};
window.addEventListener("hashchange", openTarget);
openTarget();

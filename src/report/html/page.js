
"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const rows = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const value = (row) => {
      const cell = row.cells[column];
      return cell.classList.contains("n") ? Number(cell.dataset.v ?? NaN) : cell.textContent;
    };
    const order = (a, b) => {
      if (typeof a === "string") return a.localeCompare(b, undefined, { numeric: true });
      return a - b;
    };
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const before = head.getAttribute("aria-sort");
      const downFirst = head.classList.contains("n") ? "descending" : "ascending";
      const next = before ? (before === "ascending" ? "descending" : "ascending") : downFirst;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", next);
      const sign = next === "ascending" ? 1 : -1;
      const known = [...rows.rows].filter((row) => !Number.isNaN(value(row)));
      const unknown = [...rows.rows].filter((row) => Number.isNaN(value(row)));
      rows.append(...known.sort((a, b) => sign * order(value(a), value(b))), ...unknown);
    });
  });
}

// Rows of the same kind in a form: one more, one less, without a round trip. Without this script the buttons of the
// form do the same on the server, and an emptied row is no row.

export function editRows(root = document) {
  for (const list of root.querySelectorAll("[data-rows]")) {
    const more = list.parentElement.querySelector(`button[name="add"][value="${list.dataset.rows}"]`);
    more?.addEventListener("click", (event) => {
      event.preventDefault();
      add(list).querySelector("input, select, textarea")?.focus();
    });
    for (const row of list.querySelectorAll("[data-row]")) offerRemoval(row);
    // What was kept in this browser may have more rows than the page.
    list.closest("form")?.addEventListener("bringback", (event) => {
      const names = new Set(event.detail.map(([name]) => name));
      for (let tries = 0; tries < 60; tries += 1) {
        const next = boxes(add(list)).map((box) => box.name);
        if (!next.some((name) => names.has(name))) { remove(list.lastElementChild); return; }
      }
    });
  }
}

function add(list) {
  const last = list.lastElementChild;
  const place = Math.max(...[...list.children].map((row) => place_of(list, row))) + 1;
  const row = last.cloneNode(true);
  const old = `${list.dataset.rows}-${place_of(list, last)}-`;
  const fresh = `${list.dataset.rows}-${place}-`;
  for (const element of [row, ...row.querySelectorAll("*")]) {
    for (const name of ["id", "name", "for", "aria-describedby"]) {
      const value = element.getAttribute(name);
      if (value?.includes(old)) element.setAttribute(name, value.replaceAll(old, fresh));
    }
  }
  row.querySelectorAll(".field-errors, .entry-remove").forEach((element) => element.remove());
  row.querySelectorAll(".field-wrong").forEach((element) => element.classList.remove("field-wrong"));
  for (const box of boxes(row)) {
    box.removeAttribute("aria-invalid");
    box.removeAttribute("autofocus");
    if (box.type === "checkbox") box.checked = false;
    else if (box.tagName === "SELECT") box.selectedIndex = 0;
    else box.value = "";
  }
  list.append(row);
  offerRemoval(row);
  number(list);
  return row;
}

function offerRemoval(row) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-link entry-remove";
  button.textContent = "去掉这一行";
  button.addEventListener("click", () => remove(row));
  row.querySelector(".entry-fields").append(button);
}

function remove(row) {
  const list = row.parentElement;
  const form = row.closest("form");
  if (list.children.length > 1) {
    const neighbour = row.previousElementSibling ?? row.nextElementSibling;
    row.remove();
    number(list);
    neighbour.querySelector("input, select")?.focus();
  } else {
    for (const box of boxes(row)) if (box.type === "checkbox") box.checked = false; else box.value = "";
  }
  form?.dispatchEvent(new Event("input", { bubbles: true }));
}

function number(list) {
  [...list.children].forEach((row, index) => {
    const legend = row.querySelector(".entry-legend");
    if (legend) legend.textContent = legend.textContent.replace(/\d+\s*$/, String(index + 1));
  });
}

function boxes(row) {
  return [...row.querySelectorAll("input, select, textarea")];
}

function place_of(list, row) {
  const name = boxes(row)[0]?.name ?? "";
  return Number(name.slice(list.dataset.rows.length + 1).split("-")[0]) || 0;
}

editRows();

// <form data-suggest="address">: while somebody types into the form's field q, a list below it offers what begins so.
// The combobox pattern of WAI-ARIA with a list: arrows walk, Enter takes, Escape closes; the focus stays in the field.

const PAUSE = 120; // milliseconds without a key before asking
const MAX_REMEMBERED = 50;

export function suggestWhileTyping() {
  for (const form of document.querySelectorAll("form[data-suggest]")) {
    const field = form.elements.namedItem("q");
    if (field instanceof HTMLInputElement) offer(form, field);
  }
}

function offer(form, field) {
  const list = document.createElement("ul");
  list.id = `${field.id}-offers`;
  list.className = "offers";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "检索建议");
  field.after(list);
  field.type = "text"; // a search field may not be a combobox
  field.inputMode = "search";
  for (const [name, value] of Object.entries({
    role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id,
  })) field.setAttribute(name, value);

  const known = new Map();
  let waiting;
  let asked;
  let written = field.value; // what the reader wrote, while the arrows show something else in the field
  let at = -1;

  const close = () => {
    clearTimeout(waiting);
    asked?.abort();
    at = -1;
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };

  const go = (index) => {
    list.children[at]?.setAttribute("aria-selected", "false");
    at = index;
    const chosen = list.children[at];
    field.value = chosen ? chosen.textContent : written;
    if (!chosen) return field.removeAttribute("aria-activedescendant");
    chosen.setAttribute("aria-selected", "true");
    chosen.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", chosen.id);
  };

  const show = (texts) => {
    close();
    const offers = texts.filter((text) => text !== written);
    if (!offers.length || document.activeElement !== field) return;
    list.replaceChildren(...offers.map((text, index) => {
      const option = document.createElement("li");
      option.id = `${list.id}-${index}`;
      option.textContent = text;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      return option;
    }));
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
  };

  const ask = async () => {
    const address = new URL(form.dataset.suggest, location.href);
    address.searchParams.set("q", written);
    const kind = new FormData(form).get("kind");
    if (kind) address.searchParams.set("kind", kind);
    if (known.has(address.href)) return show(known.get(address.href));
    asked = new AbortController();
    try {
      const answer = await fetch(address, { signal: asked.signal });
      if (!answer.ok) return close(); // too often, or search is down: the field works without
      const { offers } = await answer.json();
      if (known.size >= MAX_REMEMBERED) known.clear();
      known.set(address.href, offers);
      show(offers);
    } catch {
      // a newer key, or the network: nothing is offered
    }
  };

  const typed = (event) => {
    if (event.isComposing) return; // letters on the way to a character
    close();
    written = field.value;
    if (written.trim()) waiting = setTimeout(ask, PAUSE);
  };

  field.addEventListener("input", typed);
  field.addEventListener("compositionend", typed);
  field.addEventListener("blur", close);
  form.addEventListener("submit", close);
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" && list.hidden && field.value.trim()) {
      event.preventDefault();
      written = field.value;
      ask();
      return;
    }
    if (list.hidden) return;
    const count = list.children.length;
    if (event.key === "ArrowDown") go(at + 1 < count ? at + 1 : -1);
    else if (event.key === "ArrowUp") go(at === -1 ? count - 1 : at - 1);
    else if (event.key === "Escape") {
      field.value = written;
      close();
    } else return;
    event.preventDefault();
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays where it is
  list.addEventListener("click", (event) => {
    const chosen = event.target.closest("[role=option]");
    if (!chosen) return;
    field.value = chosen.textContent;
    close();
    form.requestSubmit();
  });
}

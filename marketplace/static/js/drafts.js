// <form data-keep="key">: what is typed stays in this browser until it has been saved, through the back button, an
// expired session or a closed window. The server's page of the saved thing carries data-kept="key" and ends it.
// Passwords, files and hidden fields are never kept.

const PREFIX = "draft:";
const DAYS = 30;

export function keepDrafts() {
  forgetOld();
  for (const done of document.querySelectorAll("[data-kept]")) forget(done.dataset.kept);
  for (const form of document.querySelectorAll("form[data-keep]")) keep(form, form.dataset.keep);
  for (const deed of document.querySelectorAll("[data-clear-drafts]")) offerClearing(deed);
}

// Who leaves a shared computer takes what they wrote with them.
function offerClearing(deed) {
  const text = document.querySelector("[data-drafts-left]");
  const say = () => {
    const count = kept().length;
    deed.hidden = !count;
    text.textContent = count
      ? `有 ${count} 份没保存的内容，退出登录后仍在这台设备上，最多 ${DAYS} 天。`
      : "没有。";
  };
  deed.addEventListener("click", () => {
    for (const key of kept()) forget(key);
    say();
  });
  say();
}

function kept() {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length));
  } catch { return []; }
}

function keep(form, key) {
  const kept = read(key);
  const before = JSON.stringify(typed(form));
  if (kept && JSON.stringify(kept.typed) !== before) offer(form, key, kept);
  let waiting;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => write(key, typed(form)), 500);
  });
  form.addEventListener("submit", () => write(key, typed(form)));
  // The platform has it now: nothing stays on a computer that others may use.
  form.addEventListener("stored", () => { clearTimeout(waiting); forget(key); });
}

function typed(form) {
  const pairs = [];
  for (const box of form.elements) {
    if (!box.name || ["hidden", "password", "file", "submit", "button"].includes(box.type)) continue;
    if (["checkbox", "radio"].includes(box.type)) {
      if (box.checked) pairs.push([box.name, box.value]);
    } else if (box.type === "select-multiple") {
      for (const option of box.selectedOptions) pairs.push([box.name, option.value]);
    } else pairs.push([box.name, box.value]);
  }
  return pairs;
}

function bringBack(form, pairs) {
  form.dispatchEvent(new CustomEvent("bringback", { detail: pairs })); // rows.js makes room for them
  const left = new Map();
  for (const [name, value] of pairs) left.set(name, [...(left.get(name) ?? []), value]);
  for (const box of form.elements) {
    if (!box.name || ["hidden", "password", "file", "submit", "button"].includes(box.type)) continue;
    const values = left.get(box.name) ?? [];
    if (["checkbox", "radio"].includes(box.type)) box.checked = values.includes(box.value);
    else if (box.type === "select-multiple") {
      for (const option of box.options) option.selected = values.includes(option.value);
    } else if (values.length) box.value = values.shift();
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function offer(form, key, kept) {
  const note = document.createElement("div");
  note.className = "notice";
  note.setAttribute("role", "status");
  const text = document.createElement("p");
  text.textContent = `这台设备上留有 ${minute(kept.at)} 写到一半的内容，还没有保存到网站。`;
  const deeds = document.createElement("p");
  deeds.className = "deeds";
  deeds.append(
    button("恢复这些内容", () => { bringBack(form, kept.typed); note.remove(); }),
    button("不要了", () => { forget(key); note.remove(); }),
  );
  note.append(text, deeds);
  (form.closest(".with-side") ?? form).before(note); // inside that grid the note would take the form's column
}

// As the site writes a moment: 2026-11-21 09:30, in the reader's own time.
function minute(at) {
  const moment = new Date(at);
  const local = new Date(at - moment.getTimezoneOffset() * 60000);
  return local.toISOString().slice(0, 16).replace("T", " ");
}

function button(name, deed) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "btn btn-outline-primary";
  made.textContent = name;
  made.addEventListener("click", deed);
  return made;
}

// Storage may be forbidden or full: writing goes on without it.
function read(key) {
  try { return JSON.parse(localStorage.getItem(PREFIX + key)); } catch { return null; }
}
function write(key, pairs) {
  try { localStorage.setItem(PREFIX + key, JSON.stringify({ at: Date.now(), typed: pairs })); } catch { /* see above */ }
}
function forget(key) {
  try { localStorage.removeItem(PREFIX + key); } catch { /* see above */ }
}
function forgetOld() {
  try {
    for (const name of Object.keys(localStorage)) {
      if (!name.startsWith(PREFIX)) continue;
      const kept = read(name.slice(PREFIX.length));
      if (!kept || Date.now() - kept.at > DAYS * 86400000) localStorage.removeItem(name);
    }
  } catch { /* see above */ }
}

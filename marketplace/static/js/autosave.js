// <form data-autosave="address" data-autosave-state="#place">: what is typed is stored on the platform a moment after the
// last key, and the place says so: 已保存 hh:mm, 未保存, 离线. The copy in this browser (drafts.js) is only for the time
// until then. The address answers {at, revision}; 409 says that another window has typed meanwhile.

const PAUSE = 1500; // milliseconds without a key before storing
const RETRY = 15000; // after which the network is tried again

function storeWhileTyping(form) {
  const place = document.querySelector(form.dataset.autosaveState);
  const seen = form.elements.namedItem("typed");
  if (!place || !seen) return;
  let waiting;
  let busy = false;
  let again = false;
  let stopped = false;
  let last = body(form);

  const say = (text) => { if (place.textContent !== text) place.textContent = text; };

  async function store() {
    if (busy) { again = true; return; }
    const now = body(form);
    if (stopped || now === last) return;
    busy = true;
    try {
      const answer = await fetch(form.dataset.autosave, {
        method: "POST",
        body: new URLSearchParams(now),
        headers: { Accept: "application/json" },
      });
      if (answer.redirected || answer.status === 401 || answer.status === 403) {
        stopped = true;
        say("未保存：打开页面以后登录已结束或换过。内容留在这台设备上；按保存会请您登录或核对，写的不会丢。");
      } else if (answer.status === 409) {
        stopped = true;
        say("未保存：这张表在别处又改过。按保存时会把两份对照给您选。");
      } else if (answer.status === 429 || answer.status >= 500) {
        say("未保存：平台忙，稍后再试。内容留在这台设备上。");
        later(RETRY);
      } else if (!answer.ok) {
        say("未保存：平台没有接收，按保存查看原因。");
      } else {
        const said = await answer.json();
        seen.value = said.revision;
        last = now;
        say(`已保存 ${said.at}`);
        rememberMark(form);
        form.dispatchEvent(new CustomEvent("stored"));
      }
    } catch {
      say("离线：内容留在这台设备上，连上网络后自动保存。");
      later(RETRY);
    } finally {
      busy = false;
      if (again) { again = false; later(PAUSE); }
    }
  }

  function later(pause) {
    clearTimeout(waiting);
    waiting = setTimeout(store, pause);
  }

  form.addEventListener("input", () => {
    if (!stopped) say("未保存");
    later(PAUSE);
  });
  // What is being sent is saved by the page itself.
  form.addEventListener("submit", () => { stopped = true; clearTimeout(waiting); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  window.addEventListener("online", () => later(0));
}

// A new form has no number yet: its mark in the address brings back what was stored when the page is loaded again.
function rememberMark(form) {
  const once = form.elements.namedItem("once");
  const address = new URL(location.href);
  if (!once?.value || address.searchParams.get("mark") === once.value) return;
  address.searchParams.set("mark", once.value);
  history.replaceState(history.state, "", address);
}

// The fields as they are sent, without the revision, which changes by itself.
function body(form) {
  const pairs = [];
  for (const [name, value] of new FormData(form)) if (typeof value === "string") pairs.push([name, value]);
  return new URLSearchParams(pairs).toString();
}

for (const form of document.querySelectorAll("form[data-autosave]")) storeWhileTyping(form);

// <form data-preview="address" data-preview-into="#place,#other">: while somebody writes, the places show what the server
// makes of the text so far: the elements with the same ids of the page that the address answers to a POST of the form.

const PAUSE = 1200; // milliseconds without a key before asking

export function previewWhileWriting() {
  for (const form of document.querySelectorAll("form[data-preview]")) {
    const places = [...document.querySelectorAll(form.dataset.previewInto)];
    if (!places.length) continue;
    let waiting;
    let asked;
    let last = "";
    form.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(async () => {
        const body = new FormData(form);
        for (const [name, value] of [...body]) if (value instanceof File) body.delete(name);
        const now = JSON.stringify([...body]);
        if (now === last) return;
        last = now;
        asked?.abort();
        asked = new AbortController();
        for (const place of places) place.setAttribute("aria-busy", "true");
        try {
          const answer = await fetch(form.dataset.preview, { method: "POST", body, signal: asked.signal });
          if (!answer.ok || answer.redirected) return; // signed out, too often, down: what stands there stays
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          for (const place of places) {
            const fresh = page.getElementById(place.id);
            if (fresh) place.replaceChildren(...fresh.childNodes);
          }
        } catch (error) {
          if (error.name !== "AbortError") last = ""; // the network: ask again at the next key
        } finally {
          for (const place of places) place.removeAttribute("aria-busy");
        }
      }, PAUSE);
    });
  }
}

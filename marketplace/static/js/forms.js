// Forms: the errors come into focus, nothing is sent twice, an example can be filled in.

export function focusErrors() {
  document.querySelector("[data-focus]")?.focus();
}

export function sendOnce() {
  for (const form of document.querySelectorAll("form[method=post]")) {
    let sent = false;
    form.addEventListener("submit", (event) => {
      if (event.defaultPrevented) return;
      if (sent) event.preventDefault();
      sent = true;
    });
    // Coming back by the back button shows the same form again, ready to be sent.
    window.addEventListener("pageshow", () => { sent = false; });
  }
}

// <button type="button" hidden data-fill="#text" data-text="…">: shown only where it can work.
export function fillExamples() {
  for (const button of document.querySelectorAll("button[data-fill]")) {
    const box = document.querySelector(button.dataset.fill);
    if (!box) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      box.value = button.dataset.text;
      box.dispatchEvent(new Event("input", { bubbles: true }));
      box.focus();
    });
  }
}

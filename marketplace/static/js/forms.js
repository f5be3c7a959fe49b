// Forms: the errors come into focus, nothing is sent twice.

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

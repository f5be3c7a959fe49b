// A box with data-count: says how many characters it holds of how many that may be, aloud only when it stops changing.
// data-count holds the limit; where it is empty that is maxlength. A draft may hold more than passes review.

export function countAlong() {
  for (const box of document.querySelectorAll("[data-count]")) {
    const said = document.createElement("p");
    said.className = "field-count";
    const aloud = document.createElement("span");
    aloud.className = "visually-hidden";
    aloud.setAttribute("role", "status");
    const limit = Number(box.dataset.count) || box.maxLength;
    let waiting;
    const tell = () => {
      // Characters as the server counts them: a rare Chinese character is one, though the browser counts two.
      const used = [...box.value].length;
      const over = used > limit ? `，超出 ${used - limit} 字` : "";
      said.textContent = used ? `已写 ${used} 字，最多 ${limit} 字${over}` : "";
      said.classList.toggle("field-count-over", over !== "");
      said.hidden = !used;
      clearTimeout(waiting);
      waiting = setTimeout(() => { aloud.textContent = used > limit * 0.9 ? said.textContent : ""; }, 1000);
    };
    box.after(said, aloud);
    box.addEventListener("input", tell);
    tell();
  }
}

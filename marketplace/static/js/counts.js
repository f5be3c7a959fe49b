// A box with data-count and maxlength: says how many characters are left, aloud only when it stops changing.

export function countAlong() {
  for (const box of document.querySelectorAll("[data-count][maxlength]")) {
    const said = document.createElement("p");
    said.className = "field-count";
    const aloud = document.createElement("span");
    aloud.className = "visually-hidden";
    aloud.setAttribute("role", "status");
    const limit = box.maxLength;
    let waiting;
    const tell = () => {
      // Characters as the server counts them: a rare Chinese character is one, though the browser counts two.
      const used = [...box.value].length;
      said.textContent = used ? `已写 ${used} 字，最多 ${limit} 字` : "";
      said.hidden = !used;
      clearTimeout(waiting);
      waiting = setTimeout(() => { aloud.textContent = used > limit * 0.9 ? said.textContent : ""; }, 1000);
    };
    box.after(said, aloud);
    box.addEventListener("input", tell);
    tell();
  }
}

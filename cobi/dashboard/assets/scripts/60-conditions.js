// Counts who meets the conditions while they are typed; what was previewed before is shown to be out of date.
(() => {
  const form = document.querySelector("[data-count]");
  if (!form) return;
  const told = form.querySelector("[data-count-told]");
  let waiting, asked = 0;
  form.addEventListener("input", (event) => {
    if (event.target.name === "add") return;
    for (const part of document.querySelectorAll("[data-previewed]")) part.classList.add("old");
    for (const note of document.querySelectorAll("[data-outdated]")) note.hidden = false;
    for (const save of document.querySelectorAll("[data-save]")) save.hidden = true;
    clearTimeout(waiting);
    waiting = setTimeout(count, 350);
  });
  async function count() {
    const number = ++asked;
    try {
      const answer = await fetch(`${form.dataset.count}?${new URLSearchParams(new FormData(form))}`, { redirect: "manual" });
      if (answer.ok && number === asked) told.textContent = await answer.text();
    } catch { /* the server is away for a moment: the next key asks again */ }
  }
})();

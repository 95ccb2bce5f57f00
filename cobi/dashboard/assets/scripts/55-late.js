// Puts what takes longer than its page where something stands for it; several parts may come with one answer.
(() => {
  const answers = new Map();
  async function ask(address) {
    const answer = await fetch(address, { redirect: "manual" });
    return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  }
  document.querySelectorAll("[data-late]").forEach(async (place) => {
    const address = place.dataset.late;
    if (!answers.has(address)) answers.set(address, ask(address));
    place.setAttribute("aria-busy", "true");
    try {
      const found = (await answers.get(address))?.querySelector(`[data-late-part="${place.dataset.part || ""}"]`);
      if (found) return place.replaceWith(...found.childNodes);
    } catch { /* the server is away: what stands there stays */ }
    place.removeAttribute("aria-busy");
    place.removeAttribute("data-late");
  });
})();

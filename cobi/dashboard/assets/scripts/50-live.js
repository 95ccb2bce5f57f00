// Renews parts of a page while something goes on; when a state changes, the page is loaded anew.
document.querySelectorAll("[data-live]").forEach((root) => {
  if (!["queued", "running"].includes(root.dataset.liveState)) return;
  const parts = (of) => new Map([...of.querySelectorAll("[data-live-part]")].map((part) => [part.dataset.livePart, part]));
  const own = parts(root);
  async function look() {
    try {
      const answer = await fetch(root.dataset.live, { redirect: "manual" });
      if (answer.ok) {
        const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live]");
        if (found.dataset.liveState !== root.dataset.liveState) return location.reload();
        for (const [name, part] of parts(found)) {
          if (name === "bar") own.get(name).value = part.getAttribute("value");
          else if (own.get(name).textContent !== part.textContent) own.get(name).textContent = part.textContent;
        }
      }
    } catch { /* the server is away for a moment: look again */ }
    setTimeout(look, 1000);
  }
  setTimeout(look, 1000);
});

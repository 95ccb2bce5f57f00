// Renews a part of a page every so often while somebody sees it; what they have opened or are reading stays as it is.
(() => {
  const part = document.querySelector("[data-renew]");
  if (!part) return;
  const every = Number(part.dataset.every) * 1000;
  let timer = 0;
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : renew()));
  wait();

  function wait() {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(renew, every);
  }

  async function renew() {
    try {
      const answer = await fetch(part.dataset.renew, { redirect: "manual" });
      // Signed out: there is nothing more to ask for.
      if (answer.type === "opaqueredirect") return;
      if (answer.ok && !document.hidden && !part.matches(":hover") && !part.contains(document.activeElement)) {
        const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-renew]");
        const open = [...part.querySelectorAll("details")].map((one) => one.open);
        [...found.querySelectorAll("details")].forEach((one, at) => { one.open = open[at] ?? false; });
        part.replaceChildren(...found.childNodes);
        part.dispatchEvent(new CustomEvent("cobi:renewed", { bubbles: true }));
      }
    } catch { /* the server is away for a moment: ask again */ }
    wait();
  }
})();

// Puts what takes longer than its page where a link stands for it.
document.querySelectorAll("[data-late]").forEach(async (place) => {
  place.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(place.querySelector("a").href, { redirect: "manual" });
    const found = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-late-part]");
    if (found) return place.replaceWith(...found.childNodes);
  } catch { /* the server is away: the link stays */ }
  place.removeAttribute("aria-busy");
});

// Tells the server in which zone times are to be shown: from the next page on they come written that way.
// On this first page they are rewritten here.
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const known = document.cookie.split("; ").find((pair) => pair.startsWith("cobi_zone="));
  if (known === `cobi_zone=${zone}`) return;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `cobi_zone=${zone}; path=/; max-age=31536000; samesite=lax${secure}`;
  const parts = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" };
  const written = new Intl.DateTimeFormat("en-GB", { ...parts, hour12: false, timeZone: zone });
  for (const time of document.querySelectorAll("time[datetime]")) {
    time.textContent = written.format(new Date(time.dateTime));
  }
})();

// The theme changes at once; without a script the same button sends a form.
(() => {
  const form = document.querySelector("[data-theme-switch]");
  if (!form) return;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form, event.submitter)), redirect: "manual" })
      .finally(() => location.reload());
  });
})();

// Copy buttons: out of sight where they cannot work (the clipboard is there for secure pages only), their room kept.
(() => {
  for (const button of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) {
      button.style.visibility = "hidden";
      continue;
    }
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.previousElementSibling.textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1600);
    });
  }
})();

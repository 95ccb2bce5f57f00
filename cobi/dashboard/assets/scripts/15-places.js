// Where the navigation is a strip that runs out of sight, the current page stands in its middle.
(() => {
  const here = document.querySelector(".places a[aria-current]");
  const strip = here && here.closest(".places");
  if (strip) strip.scrollLeft = here.offsetLeft - strip.offsetLeft - (strip.clientWidth - here.offsetWidth) / 2;
})();

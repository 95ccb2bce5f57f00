// Reading charts by pointer and by arrow keys: what is read are the rows of the chart's own table.
(() => {
  listen(document);
  document.addEventListener("cobi:renewed", (event) => listen(event.target));

  function listen(part) {
    for (const plot of part.querySelectorAll("[data-plot]")) read(plot);
  }

  function read(plot) {
    const figure = plot.closest("[data-chart]");
    const names = [...figure.querySelectorAll(".as-table thead th")].slice(1).map((cell) => cell.textContent);
    const rows = [...figure.querySelectorAll(".as-table tbody tr")].map((row) => [...row.cells].map((cell) => cell.textContent));
    if (!rows.length) return;
    const centred = plot.dataset.plot === "columns";
    const cursor = made("div", "cursor");
    const readout = made("div", "readout");
    readout.setAttribute("aria-live", "polite");
    plot.append(cursor, readout);
    let at = rows.length - 1;

    const share = (row) => (centred ? (row + 0.5) / rows.length : rows.length === 1 ? 0.5 : row / (rows.length - 1));

    function show(row) {
      at = Math.min(rows.length - 1, Math.max(0, row));
      const x = share(at) * plot.clientWidth;
      readout.replaceChildren(line(rows[at][0]), ...names.map((name, number) => line(`${name} ${rows[at][number + 1]}`)));
      cursor.hidden = readout.hidden = false;
      cursor.style.left = `${x}px`;
      const room = plot.clientWidth - readout.offsetWidth;
      readout.style.left = `${Math.max(-54, x > plot.clientWidth / 2 ? x - readout.offsetWidth - 10 : Math.min(x + 10, room))}px`;
    }
    function hide() { cursor.hidden = readout.hidden = true; }

    plot.addEventListener("pointermove", (event) => {
      const across = (event.clientX - plot.getBoundingClientRect().left) / plot.clientWidth;
      show(centred ? Math.floor(across * rows.length) : Math.round(across * (rows.length - 1)));
    });
    plot.addEventListener("pointerleave", () => { if (document.activeElement !== plot) hide(); });
    plot.addEventListener("blur", hide);
    plot.addEventListener("focus", () => { if (plot.matches(":focus-visible")) show(at); });
    plot.addEventListener("keydown", (event) => {
      const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: rows.length - 1 }[event.key];
      if (event.key === "Escape") hide();
      if (to === undefined) return;
      event.preventDefault();
      show(to);
    });
  }

  function made(tag, name) {
    const element = document.createElement(tag);
    element.className = name;
    element.hidden = true;
    return element;
  }

  function line(text) {
    const paragraph = document.createElement("p");
    paragraph.textContent = text;
    return paragraph;
  }
})();

"use strict";
(() => {
  const ROW = 28, BOX = 22, TOP = 26, ACTION = 2;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const numbers = (text) => (text ? text.split(" ").map(Number) : []);

  // What was printed shows everything; afterwards all is folded as it was.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("details:not([open])");
    for (const each of folded) each.open = true;
  });
  addEventListener("afterprint", () => {
    for (const each of folded) each.open = false;
  });

  for (const command of all(".command")) {
    if (!navigator.clipboard) break;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(command.querySelector("code").textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(command.querySelector("code"));
        button.textContent = "Selected";
      }
    });
    command.append(button);
  }

  const filters = document.getElementById("filters");
  if (!filters) return;
  const find = document.getElementById("find");
  const service = document.getElementById("service");
  const status = document.getElementById("status");
  const boxes = all("input[name=verdict]", filters);

  const rows = all("tr.permission").map((element) => ({
    element,
    number: Number(element.id.slice(1)),
    verdict: element.dataset.v,
    service: element.dataset.s,
    text: element.textContent.toLowerCase(),
  }));
  const shown = new Set(rows.map((row) => row.number));
  const rowOf = new Map(rows.map((row) => [row.number, row]));

  const bands = all("details.band").map((element) => {
    const svg = element.querySelector("svg.map");
    const nodes = all(".node", svg).map((node, place) => ({
      element: node,
      place,
      column: Number(node.dataset.c),
      x: Number(node.getAttribute("transform").match(/\((\S+)/)[1]),
      wide: Number(node.querySelector("rect").getAttribute("width")),
      members: numbers(node.dataset.i),
      row: 0,
      off: false,
    }));
    const edges = all(".edges path", svg).map((path) => {
      const [start, end] = numbers(path.dataset.e);
      return { element: path, start: nodes[start], end: nodes[end], members: numbers(path.dataset.i) };
    });
    const actions = new Map();
    for (const node of nodes) if (node.column === ACTION) for (const each of node.members) actions.set(each, node);
    const members = [...actions.keys()];
    const band = { element, svg, nodes, edges, actions, members, pinned: null, stale: false };
    element.addEventListener("toggle", () => element.open && band.stale && layOut(band));
    return band;
  });
  const bandOf = new Map(bands.map((band) => [band.svg, band]));

  // A page of a thousand boxes stays quick when only what differs is written.
  function change(drawn, name, value) {
    if (drawn[name] === value) return;
    drawn[name] = value;
    drawn.element.setAttribute(name, value);
  }

  // The boxes that are left, without gaps: actions one below the other, the others beside the first action they belong to.
  function layOut(band) {
    band.stale = false;
    let row = 0;
    for (const node of band.nodes) {
      node.off = !node.members.some((each) => shown.has(each));
      node.element.classList.toggle("off", node.off);
      if (node.column === ACTION && !node.off) node.row = row++;
    }
    let rows = row;
    const next = [0, 0, 0, 0];
    for (const node of band.nodes) {
      if (node.column === ACTION || node.off) continue;
      const first = node.members.find((each) => shown.has(each));
      node.row = Math.max(next[node.column], band.actions.get(first).row);
      next[node.column] = node.row + 1;
      rows = Math.max(rows, node.row + 1);
    }
    for (const node of band.nodes) {
      if (!node.off) change(node, "transform", `translate(${node.x} ${TOP + node.row * ROW})`);
    }
    for (const edge of band.edges) {
      const off = !edge.members.some((each) => shown.has(each));
      edge.element.classList.toggle("off", off);
      if (off) continue;
      const x1 = edge.start.x + edge.start.wide, x2 = edge.end.x, middle = (x1 + x2) / 2;
      const [y1, y2] = [edge.start, edge.end].map((node) => TOP + node.row * ROW + BOX / 2);
      change(edge, "d", `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`);
    }
    const tall = TOP + rows * ROW;
    band.svg.setAttribute("viewBox", `0 0 1216 ${tall}`);
    band.svg.setAttribute("height", tall);
    const reachable = band.nodes.filter((node) => !node.off);
    if (!reachable.some((node) => node.element.tabIndex === 0) && reachable.length) focusable(band, reachable[0]);
  }

  function apply() {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdicts = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    shown.clear();
    for (const row of rows) {
      const fits =
        verdicts.has(row.verdict) &&
        (!service.value || row.service === service.value) &&
        words.every((word) => row.text.includes(word));
      if (fits) shown.add(row.number);
      row.element.hidden = !fits;
    }
    for (const band of bands) {
      release(band);
      const some = band.members.some((each) => shown.has(each));
      band.element.hidden = !some;
      band.stale = true;
      if (some && (words.length || service.value)) band.element.open = true;
      if (some && band.element.open) layOut(band);
    }
    status.textContent = told();
  }

  function told() {
    if (shown.size === rows.length) return `${rows.length} permissions`;
    return `${shown.size} of ${rows.length} permissions shown by the filter`;
  }

  function mark(band, node) {
    const path = new Set(node ? node.members.filter((each) => shown.has(each)) : []);
    band.svg.classList.toggle("tracing", Boolean(node));
    for (const each of [...band.nodes, ...band.edges]) {
      each.element.classList.toggle("on", each.members.some((member) => path.has(member)));
    }
    for (const member of band.members) rowOf.get(member).element.classList.toggle("on", path.has(member));
    return path.size;
  }

  function release(band) {
    if (!band.pinned) return;
    band.pinned.element.setAttribute("aria-pressed", "false");
    band.pinned = null;
    mark(band, null);
    status.textContent = told();
  }

  function pin(band, node) {
    const again = band.pinned === node;
    release(band);
    if (again) return;
    band.pinned = node;
    node.element.setAttribute("aria-pressed", "true");
    const count = mark(band, node);
    status.textContent = `${node.element.getAttribute("aria-label")}; its path has ${count} of ${band.members.length} permissions`;
  }

  function focusable(band, node) {
    for (const each of band.nodes) each.element.tabIndex = each === node ? 0 : -1;
  }

  function neighbour(band, node, key) {
    const left = band.nodes.filter((each) => !each.off);
    const step = { ArrowUp: -1, ArrowDown: 1 }[key];
    if (step) {
      const column = left.filter((each) => each.column === node.column).sort((one, other) => one.row - other.row);
      return column[column.indexOf(node) + step];
    }
    const side = key === "ArrowLeft" ? -1 : 1;
    const mine = new Set(node.members);
    return left
      .filter((each) => each.column === node.column + side && each.members.some((member) => mine.has(member)))
      .sort((one, other) => Math.abs(one.row - node.row) - Math.abs(other.row - node.row))[0];
  }

  function at(event) {
    const element = event.target.closest?.(".node");
    const band = element && bandOf.get(element.ownerSVGElement);
    return band ? [band, band.nodes.find((node) => node.element === element)] : [];
  }

  document.addEventListener("click", (event) => {
    const [band, node] = at(event);
    if (!node) return;
    focusable(band, node);
    pin(band, node);
  });
  document.addEventListener("pointerover", (event) => {
    const [band, node] = at(event);
    if (node && !band.pinned) mark(band, node);
  });
  document.addEventListener("pointerout", (event) => {
    const [band, node] = at(event);
    if (node && !band.pinned) mark(band, null);
  });
  document.addEventListener("keydown", (event) => {
    const [band, node] = at(event);
    if (!node) return;
    if (event.key === "Enter" || event.key === " ") pin(band, node);
    else if (event.key === "Escape") release(band);
    else if (event.key.startsWith("Arrow")) {
      const next = neighbour(band, node, event.key);
      if (next) {
        focusable(band, next);
        next.element.focus();
      }
    } else return;
    event.preventDefault();
  });
  for (const [id, open] of [["open", true], ["close", false]]) {
    document.getElementById(id).addEventListener("click", () => {
      for (const band of bands) band.element.open = open;
    });
  }
  filters.addEventListener("input", apply);
  for (const band of bands) layOut(band);
  filters.hidden = false;
  // A browser may bring back what was typed before the page was loaded again.
  if (find.value || service.value || boxes.some((box) => !box.checked)) apply();
})();

// The switch between published versions: folders beside each other, and `versions.json` with their names, written when the site
// is published. Elsewhere (a build of one's own, a file without a server) nothing is asked for and nothing is shown.
"use strict";
(() => {
  const select = document.getElementById("versions");
  if (!select || location.protocol === "file:") return;
  const root = new URL(select.dataset.root || "./", location.href);
  const [, here] = /\/(latest|[0-9]+\.[0-9]+)\/$/.exec(root.pathname) || [];
  if (!here) return;
  const go = async (name) => {
    const page = new URL(`../${name}/${select.dataset.page}`, root);
    const answer = await fetch(page, { method: "HEAD" });
    location.href = answer.ok ? page : new URL(`../${name}/index.html`, root);
  };
  fetch(new URL("../versions.json", root))
    .then((answer) => (answer.ok ? answer.json() : []))
    .then((versions) => {
      for (const name of versions) select.add(new Option(name, name, false, name === here));
      select.parentElement.hidden = !versions.includes(here);
      select.addEventListener("change", () => go(select.value));
    })
    .catch(() => {});
})();

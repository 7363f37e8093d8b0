// The switch between published versions. `versions.json` stands beside the folders of the versions, and is written when the
// site is published; where it is not there (a build of one's own, a file without a server) nothing is shown.
"use strict";
(() => {
  const select = document.getElementById("versions");
  if (!select || location.protocol === "file:") return;
  const root = new URL(select.dataset.root || "./", location.href);
  fetch(new URL("../versions.json", root))
    .then((answer) => (answer.ok ? answer.json() : []))
    .then((versions) => {
      for (const name of versions) {
        const option = new Option(name, name);
        option.selected = root.pathname.endsWith(`/${name}/`);
        select.add(option);
      }
      select.parentElement.hidden = versions.length === 0;
      select.addEventListener("change", () => {
        location.href = new URL(`../${select.value}/${select.dataset.page}`, root);
      });
    })
    .catch(() => {});
})();

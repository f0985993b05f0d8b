/* What every page but the hatch does: times grow old, a scan opens what was scanned, light or dark.
   One rule for the editor: a page works without this file, save that it stands still. */

import { sayAgain } from "./kit-time.js";
import { catchScans } from "./kit-wedge.js";

const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");

document.getElementById("theme")?.addEventListener("click", () => {
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
  root.dataset.theme = isDark ? "light" : "dark";
  document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
});

const find = document.querySelector(".find input");
if (find) {
  catchScans({
    scanned: (text) => {
      // A page may have a use for scans of its own: the last of its fields for them that is open.
      const takers = [...document.querySelectorAll("[data-takes-scans]")];
      const taker = takers.findLast((each) => !each.closest("details:not([open])"));
      if (taker) taker.dispatchEvent(new CustomEvent("scanned", { detail: text }));
      else location.assign(`/search?scan=1&q=${encodeURIComponent(text)}`);
    },
    building: (text) => { find.value = text || find.defaultValue; },
  });
}

document.querySelector(".tabs [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
setInterval(sayAgain, 15_000);

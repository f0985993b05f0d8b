/* Files on their way to the service: read as base64, dropped where they may be, and how far they are told.
   One rule for the editor: nothing here writes; a file is sent by whoever asked for it. */

import { get } from "./kit-net.js";

export const BYTES_MAX = 32 * 1024 * 1024;
const LOOK_MS = 700;

/** A file's bytes in base64. */
export function inBase64(chosen) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result.slice(reader.result.indexOf(",") + 1)));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(chosen);
  });
}

/** Let a file be dropped on `zone`; `take` is given it. */
export function dropped(zone, take) {
  const over = (event, is) => {
    event.preventDefault();
    zone.classList.toggle("over", is);
  };
  for (const event of ["dragenter", "dragover"]) zone.addEventListener(event, (each) => over(each, true));
  zone.addEventListener("dragleave", (each) => over(each, false));
  zone.addEventListener("drop", (each) => {
    over(each, false);
    if (each.dataTransfer.files.length > 0) take(each.dataTransfer.files[0]);
  });
}

/** A ticket to ask by how far a piece of work is, and what stops asking: `bar` shows it meanwhile. */
export function watched(bar) {
  const ticket = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
  bar.hidden = false;
  bar.removeAttribute("value");
  const timer = setInterval(async () => {
    try {
      const { done, total } = await get(`/api/v1/file-previews/progress/${ticket}`);
      if (total > 0) bar.value = done / total;
    } catch {
      bar.removeAttribute("value"); // it goes on all the same; how far it is cannot be told
    }
  }, LOOK_MS);
  return { ticket, end: () => { clearInterval(timer); bar.hidden = true; } };
}

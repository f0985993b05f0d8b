/* What was counted and not yet sent: kept in this browser, sent again under the same key until the service has it.
   One rule for the editor: a sighting is a fact and may be sent late; what is not sent is shown as not sent. */

import { NotConnected, post } from "./kit-net.js";

const AT_ONCE = 50;
const TRY_AGAIN_MS = 2000;
const MOST = 5000;

/** The queue of one count. `changed(waiting)` when what waits has changed, `answered(said)` for each that was taken. */
export function queueOf(count, { changed, answered, refused }) {
  const name = `kit-count-${count}`;
  const line = { isSending: false, timer: 0 };

  const waiting = () => {
    try {
      const kept = JSON.parse(localStorage.getItem(name) ?? "[]");
      return Array.isArray(kept) ? kept : [];
    } catch {
      return [];
    }
  };
  const keep = (list) => {
    if (list.length) localStorage.setItem(name, JSON.stringify(list));
    else localStorage.removeItem(name);
    changed(list);
  };
  const add = (what) => {
    const list = waiting();
    if (list.length >= MOST) return false;
    keep([...list, { key: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`, at: Date.now(), ...what }]);
    send();
    return true;
  };
  const drop = (keys) => keep(waiting().filter((each) => !keys.has(each.key)));
  const send = async () => {
    clearTimeout(line.timer);
    const batch = waiting().slice(0, AT_ONCE);
    if (line.isSending || batch.length === 0) return;
    line.isSending = true;
    try {
      const said = await post(`/api/v1/counts/${count}/sightings`, {
        sightings: batch.map(({ at, code, ...each }) => ({ ...each, age_ms: Math.max(0, Date.now() - at) })),
      });
      drop(new Set(said.map((each) => each.key)));
      said.forEach(answered);
    } catch (problem) {
      if (!(problem instanceof NotConnected)) refused(problem);
      line.timer = setTimeout(send, TRY_AGAIN_MS);
      return;
    } finally {
      line.isSending = false;
    }
    if (waiting().length) send();
  };
  addEventListener("online", send);
  changed(waiting());
  send();
  return { add, send };
}

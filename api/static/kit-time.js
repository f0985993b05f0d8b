/* Times as people say them, with the exact one on hover. The service says them the same way:
   api/pages/times.py, and tests/browser/said_times.json holds both to it.
   One rule for the editor: the day is Europe/London's, whatever the screen's own clock thinks. */

import { el } from "./kit-dom.js";

const ZONE = "Europe/London";
const DAY = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, year: "numeric", month: "2-digit", day: "2-digit" });
const CLOCK = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const LONG = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, day: "numeric", month: "long", year: "numeric" });
const WEEKDAY = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, weekday: "long" });
const SECONDS = new Intl.DateTimeFormat("en-GB", {
  timeZone: ZONE, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZoneName: "short",
});
const MINUTE = 60_000_000;

let offsetUs = -Infinity;

/** Learn the service's clock from a time it has just said: its messages can only be late, so the most wins. */
export function hear(serverUs) {
  offsetUs = Math.max(offsetUs, serverUs - Date.now() * 1000);
}

/** Now, by the service's clock, in UTC microseconds. */
export function nowUs() {
  return Date.now() * 1000 + (offsetUs === -Infinity ? 0 : offsetUs);
}

const at = (us) => new Date(us / 1000);

function dayNumber(us) {
  const [day, month, year] = DAY.format(at(us)).split("/").map(Number);
  return Date.UTC(year, month - 1, day) / 86_400_000;
}

/** "05:50" */
export function clock(us) {
  return CLOCK.format(at(us));
}

/** "12 min ago", "in 25 min", "at 16:00", "yesterday 22:10", "Tuesday 07:00", "3 November 2026". */
export function said(us, now = nowUs()) {
  const minutes = Math.round(Math.abs(us - now) / MINUTE);
  if (minutes === 0) return "now";
  if (minutes < 60) return us < now ? `${minutes} min ago` : `in ${minutes} min`;
  const days = dayNumber(us) - dayNumber(now);
  if (days === 0) return `at ${clock(us)}`;
  if (days === -1) return `yesterday ${clock(us)}`;
  if (days === 1) return `tomorrow ${clock(us)}`;
  if (Math.abs(days) < 7) return `${WEEKDAY.format(at(us))} ${clock(us)}`;
  return LONG.format(at(us));
}

/** "Sunday 22 November 2026, 05:50:12 GMT" */
export function exact(us) {
  return `${WEEKDAY.format(at(us))} ${LONG.format(at(us))}, ${SECONDS.format(at(us))}`;
}

/** A <time> that says itself again as it grows old. */
export function when(us) {
  return el("time", { datetime: at(us).toISOString(), title: exact(us), "data-us": us }, said(us));
}

/** Say every <time data-us> on the page again. */
export function sayAgain() {
  for (const node of document.querySelectorAll("time[data-us]")) {
    const words = said(Number(node.dataset.us));
    if (node.textContent !== words) node.textContent = words;
  }
}

import type { Facts, SiteFacts } from "./facts";
import { POINTS, STEP } from "./history";

/** The host's zone: minutes before UTC's clocks, and how it is called. */
export interface Zone {
  readonly minutes: number;
  readonly name: string;
}

const STYLE = `
:root { color-scheme: light dark; --text: #1b1f24; --soft: #57606a; --back: #f6f8fa; --card: #fff; --line: #d0d7de;
  --good: #116329; --bad: #b3261e; --plot: #0969da; --well: #dafbe1; --ill: #ffebe9; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --soft: #9da7b1; --back: #0d1117; --card: #161b22; --line: #3d444d;
  --good: #56d364; --bad: #ff8f87; --plot: #58a6ff; --well: #12261e; --ill: #31171a; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); overflow-wrap: anywhere; }
main { max-width: 72rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; margin: .5rem 0 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; } h3 { font-size: 1.05rem; margin: 0; }
p { margin: .25rem 0; } .soft, dt { color: var(--soft); } .good { color: var(--good); } .bad { color: var(--bad); }
a { color: inherit; }
.overall { margin-top: 1rem; padding: .75rem 1rem; border-radius: .5rem; border: 1px solid var(--line); font-weight: 600; }
.overall.well { background: var(--well); } .overall.ill { background: var(--ill); }
.cards { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); padding: 0; margin: 0; list-style: none; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; min-width: 0; }
.head { display: flex; justify-content: space-between; gap: 1rem; } .state { font-weight: 600; white-space: nowrap; }
svg { display: block; width: 100%; height: 3rem; margin: .5rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .75rem; margin: 0; font-size: .9rem; } dd { margin: 0; }
.events { list-style: none; margin: 0; padding: 0; } .events li { display: flex; flex-wrap: wrap; gap: 0 1rem; padding: .3rem 0; border-bottom: 1px solid var(--line); }
.events time { color: var(--soft); font-variant-numeric: tabular-nums; white-space: nowrap; }
meter { width: 100%; height: 1rem; }
`;

/** The status page: no script, nothing from elsewhere. */
export function pageOf(facts: Facts, zone: Zone): string {
  const time = clock(zone);
  const down = facts.sites.filter((site) => site.state === "down");
  const well = down.length === 0 && facts.broken.length === 0;
  const overall = well
    ? "All is well"
    : down.length > 0
      ? `${down.length} of ${facts.sites.length} sites ${down.length === 1 ? "does" : "do"} not answer as they should`
      : "All sites answer, and something is to be seen to";
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${well ? "Well" : "Not well"}: ${escape(facts.host)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escape(facts.host)}</h1>
<p class="soft">As of ${time(facts.time)}, ${escape(zone.name)}. It is written anew each minute.</p>
<p class="overall ${well ? "well" : "ill"}">${overall}</p>
${brokenOf(facts, time)}<h2>Sites</h2>
<ul class="cards">
${facts.sites.map((site) => siteOf(site, facts.time, time)).join("\n")}
</ul>
<h2>The host</h2>
<ul class="cards">
${roomOf("Disk", facts.disk)}
${roomOf("Memory", facts.memory)}
</ul>
<h2>What happened last</h2>
<ul class="events">
${facts.events.map((one) => `<li>${time(one.time)}<span class="${one.ok ? "" : "bad"}">${escape(one.text)}</span></li>`).join("\n")}
</ul>
</main>
</body>
</html>
`;
}

type Clock = (moment: string) => string;

function brokenOf({ broken }: Facts, time: Clock): string {
  if (broken.length === 0) return "";
  const items = broken.map(
    ({ text, error, since }) =>
      `<li>${time(since)}<span><strong class="bad">${escape(text)}</strong>${error ? `: ${escape(error)}` : ""}</span></li>`,
  );
  return `<h2>To be seen to</h2>\n<ul class="events">\n${items.join("\n")}\n</ul>\n`;
}

const STATES: Readonly<Record<SiteFacts["state"], readonly [word: string, of: string]>> = {
  up: ["answers", "good"],
  down: ["is down", "bad"],
  closed: ["is closed", "soft"],
  unknown: ["not known", "soft"],
};

function siteOf(site: SiteFacts, now: string, time: Clock): string {
  const [word, of] = STATES[site.state];
  const rows: [string, string | undefined][] = [
    ["Kind", escape(site.kind)],
    ["Answer", site.seconds === undefined ? escape(site.error) || undefined : `${shown(site.seconds)} now`],
    ["Certificate", site.certificateUntil && until(site.certificateUntil, now)],
    ["Last backup", site.backup && outcome(site.backup, time)],
    ["Last drill", site.drill && outcome(site.drill, time)],
    [
      "Packages",
      site.packages && `as of ${site.packages.slice(0, 10)}, ${daysBetween(site.packages, now)} days ago`,
    ],
    ["Runs", site.containers.map(escape).join("<br>") || undefined],
  ];
  return `<li class="card"><div class="head"><h3><a href="https://${escape(site.domain)}/">${escape(site.name)}</a></h3><span class="state ${of}">${word}</span></div>
${plotOf(site.history, now)}
<dl>${rows.flatMap(([key, value]) => (value === undefined || value === "" ? [] : [`<dt>${key}</dt><dd>${value}</dd>`])).join("")}</dl></li>`;
}

const HEIGHT = 48;

/** The answers of a day: a line of the longest of each five minutes, and a bar where there was none. */
export function plotOf(history: SiteFacts["history"], now: string): string {
  const end = Math.floor(Date.parse(now) / 1000 / STEP);
  const x = (step: number) => step - end + POINTS;
  const answered = history.filter(([, , well]) => well > 0);
  const longest = Math.max(0, ...answered.map(([, seconds]) => seconds));
  const y = (seconds: number) => (HEIGHT - 2 - (seconds / Math.max(longest, 0.05)) * (HEIGHT - 6)).toFixed(1);
  const line = answered.map(([step, seconds], i) => {
    const joined = answered[i - 1]?.[0] === step - 1;
    return `${joined ? "L" : "M"}${x(step)} ${y(seconds)}${joined ? "" : `h1`}`;
  });
  const bars = history.flatMap(([step, , , down]) =>
    down > 0 ? [`<rect x="${x(step) - 0.5}" y="0" width="2" height="${HEIGHT}" fill="var(--bad)"/>`] : [],
  );
  const gaps = bars.length === 0 ? "" : `; in ${bars.length * (STEP / 60)} minutes it did not always come`;
  const text =
    history.length === 0
      ? "It was not looked at yet."
      : `The longest answer of the last day took ${shown(longest)}${gaps}.`;
  return `<svg aria-hidden="true" viewBox="0 0 ${POINTS + 1} ${HEIGHT}" preserveAspectRatio="none">${bars.join("")}<path d="${line.join("")}" fill="none" stroke="var(--plot)" stroke-width="1.5" vector-effect="non-scaling-stroke"/></svg>
<p class="soft">${text}</p>`;
}

function roomOf(what: string, { size, free }: Facts["disk"]): string {
  const gib = (bytes: number) => (bytes / 1024 ** 3).toFixed(1);
  const text = `${gib(free)} of ${gib(size)} GiB are free`;
  const used = size === 0 ? 0 : (size - free) / size;
  return `<li class="card"><h3>${what}</h3><meter min="0" max="1" high="0.9" value="${used.toFixed(3)}" aria-label="${what} in use">${text}</meter><p>${text}</p></li>`;
}

function outcome({ time: at, ok }: { readonly time: string; readonly ok: boolean }, time: Clock): string {
  return `${time(at)}${ok ? "" : ' <strong class="bad">failed</strong>'}`;
}

function until(end: string, now: string): string {
  const days = daysBetween(now, end);
  const text = days < 0 ? "has ended" : `ends in ${days} days`;
  return days < 14 ? `<strong class="bad">${text}</strong>` : text;
}

function daysBetween(from: string, to: string): number {
  return Math.floor((Date.parse(to) - Date.parse(from)) / 86_400_000);
}

function shown(seconds: number): string {
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
}

/** A moment by the host's own clocks. */
function clock({ minutes }: Zone): Clock {
  return (moment) => {
    const there = new Date(Date.parse(moment) + minutes * 60_000).toISOString();
    return `<time datetime="${moment}">${there.slice(0, 10)} ${there.slice(11, 16)}</time>`;
  };
}

function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

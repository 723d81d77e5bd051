import type { Journal } from "../../agent/protocol";
import { age, bytes } from "../../base/words";
import type { Answers, Disk, Found, Page } from "./answers";
import { PATIENCE } from "./ask";

/** Something that is wrong: in a word, and in a sentence. */
export interface Problem {
  readonly word: string;
  readonly text: string;
}

export interface ContainerStatus {
  /** Empty where there is none. */
  readonly name: string;
  readonly role: string;
  /** Docker's word, or missing. */
  readonly state: string;
  readonly problems: readonly string[];
  /** What is worth knowing, and no fault. */
  readonly notes: readonly string[];
}

/** What the puller of a site that comes from git last did. */
export interface GitStatus {
  readonly served: string | null;
  readonly lastTry: string | null;
  readonly lastSuccess: string | null;
  readonly error: string | null;
  /** What the commit has and the site lacks. Undefined where an earlier image pulls. */
  readonly missing?: string | null;
  /** Links of the commit that lead out of the repository, or nowhere. */
  readonly leftOut?: string | null;
}

const RECENT = 600;
const MINUTES = 60;
const HOUR = 60 * MINUTES;
const DAY = 24 * HOUR;

const since = (time: string, now: Date): number => (now.getTime() - Date.parse(time)) / 1000;

/** The containers of a site or module, those that should be there and are not among them. */
export function judgeContainers(roles: readonly string[], found: readonly Found[], now: Date) {
  const missing = roles.filter((role) => !found.some((one) => one.role === role));
  const place = ({ role }: { readonly role: string }) =>
    roles.includes(role) ? roles.indexOf(role) : roles.length;
  const judged = [
    ...found.map((one) => ({ ...one, faults: faultsOf(one, now), notes: notesOf(one, now) })),
    ...missing.map((role) => ({
      ...{ name: "", role, state: "missing", notes: [] },
      faults: [{ word: `${role} missing`, text: `it has no container ${role}: run up` }],
    })),
  ].sort((one, other) => place(one) - place(other));
  return {
    problems: judged.flatMap(({ faults }) => faults),
    containers: judged.map(({ name, role, state, faults, notes }): ContainerStatus => ({
      ...{ name, role, state, notes },
      problems: faults.map(({ text }) => text),
    })),
  };
}

function faultsOf(found: Found, now: Date): Problem[] {
  const { name, role, state, check, killed } = found;
  const faults: Problem[] = [];
  const fault = (word: string, text: string) =>
    faults.push({ word: `${role} ${word}`, text: `${name} ${text}` });
  if (state === "restarting")
    fault("crashes", `crashes: docker has started it ${found.restarts} times again`);
  else if (state === "exited")
    fault(
      "stopped",
      `is stopped, since ${age(since(found.finished, now))}, with exit code ${found.exitCode}`,
    );
  else if (state !== "running") fault(state, `is ${state}`);
  else if (found.restarts > 0 && since(found.started, now) < RECENT)
    fault("crashes", `has ended, and docker has started it again ${age(since(found.started, now))} ago`);
  if (found.health === "unhealthy") fault("unhealthy", "is unhealthy by its own check");
  if (check && check.code !== 0)
    fault("unhealthy", `is unhealthy: ${check.code === 124 ? `no answer in ${PATIENCE} s` : check.text}`);
  if (found.outOfMemory && since(found.finished, now) < DAY)
    fault("out of memory", `was killed for memory ${age(since(found.finished, now))} ago`);
  // When, the kernel doesn't tell.
  else if (killed > 0)
    fault("out of memory", `had ${killed} processes killed for memory since it was started`);
  return faults;
}

function notesOf({ name, state, restarts, started, outOfMemory, finished }: Found, now: Date): string[] {
  const notes: string[] = [];
  if (state === "running" && restarts > 0 && since(started, now) >= RECENT)
    notes.push(
      `${name}: docker has started it ${restarts} times again, the last ${age(since(started, now))} ago`,
    );
  if (outOfMemory && since(finished, now) >= DAY)
    notes.push(`${name}: was killed for memory ${age(since(finished, now))} ago`);
  return notes;
}

/** What is wrong with a site's pages. */
export function judgePages(
  front: Page | undefined,
  further: Page | undefined,
  well: RegExp,
  now: Date,
  /** Of a certificate that the host renews by itself. */
  renewed?: Journal,
): Problem[] {
  if (!front) return [{ word: "down", text: "it was not asked" }];
  return [
    ...pageFaults(front, well),
    ...(further ? pageFaults(further, /^[2-4]/) : []),
    ...(renewed ? renewalFaults(renewed, now) : certificateFaults(front, now)),
  ];
}

/** What is wrong with a page whose answer is to begin in a way. */
export function pageFaults({ path, code, exit, seen, error }: Page, well: RegExp): Problem[] {
  const shown = path.replace(/\?varvol-status=\d+$/, "");
  const one = (word: string, text: string): Problem[] => [{ word, text: `${shown} ${text}` }];
  if (code === "000")
    return one(
      "down",
      exit === 28 ? `gives no answer in ${PATIENCE} s` : "can't be reached through the gateway",
    );
  if (code === "503") return one("closed", "answers 503: the site itself says that it is closed");
  if (!well.test(code)) return one(`error ${code}`, `answers ${code}`);
  if (exit !== 0) return one("cut off", exit === 28 ? `is not whole after ${PATIENCE} s` : "breaks off");
  if (/^\/wp-admin\/(install|setup-config)\.php/.test(path))
    return one("not installed", "is WordPress's installer: the database is empty or not this site's");
  if (error) return one("PHP error", `shows an error of PHP: ${error}`);
  // An answer that is no page, as "not found" of a hidden login, may be empty.
  if (code.startsWith("2") && !seen) return one("empty page", "is a page with nothing on it");
  return [];
}

function certificateFaults({ until }: Page, now: Date): Problem[] {
  const left = until ? -since(until, now) : Infinity;
  if (!(left < 30 * DAY)) return [];
  const text = left < 0 ? `ended ${age(-left)} ago` : `ends in ${age(left)}`;
  return [{ word: "certificate", text: `its certificate ${text}: run up` }];
}

/** It is renewed when a third of its lifetime is left, half of a short one's: at a quarter that has failed for long. */
function renewalFaults({ error, held, next }: Journal, now: Date): Problem[] {
  const seconds = now.getTime() / 1000;
  const left = held ? held.until - seconds : 0;
  if (error !== undefined) {
    const text = held
      ? `its certificate ends in ${age(left)}, and no new one could be had: ${error}`
      : `no public certificate could be had: ${error}`;
    const again = next > seconds ? `in ${age(next - seconds)}` : "now";
    return [{ word: "certificate", text: `${text}; it is tried again ${again}` }];
  }
  if (!held) return [];
  if (left > (held.until - held.from) / 4) return [];
  return [
    { word: "certificate", text: `its certificate ends in ${age(left)}, and the host has not renewed it` },
  ];
}

/** What is wrong with a site's database, by what it said to the site's user; `php` are its containers that run. */
export function judgeDatabase(said: string | undefined, php: readonly Found[], now: Date): Problem[] {
  if (said === undefined) return [];
  const [word, ...rest] = said.trim().split(" ");
  if (word !== "ok") return [{ word: "no database", text: `its database answers: ${rest.join(" ")}` }];
  const overdue = Number(rest[0] ?? 0);
  // One that has just come from another host has had no time for what it brought.
  const up = Math.max(0, ...php.map(({ started }) => since(started, now)));
  if (overdue < HOUR || up < 20 * MINUTES) return [];
  return [{ word: "cron", text: `its scheduled events are overdue, the first for ${age(overdue)}` }];
}

/** What is wrong with a php-fpm that is there on demand. */
export function judgeSleep(said: string | undefined): Problem[] {
  const [, why] = /^failed: (.*)/.exec(said ?? "") ?? [];
  if (why === undefined) return [];
  return [
    {
      word: "does not wake",
      text: `its php does not wake: ${why}; \`varvol logs\` tells more, and the next request tries again`,
    },
  ];
}

/** What is wrong with the pulls of a site, which are to happen every so many seconds. */
export function judgeGit(git: GitStatus | undefined, every: number, now: Date): Problem[] {
  if (!git) return [];
  if (git.error !== null) {
    const how = git.lastSuccess
      ? `its pulls have failed for ${age(since(git.lastSuccess, now))}`
      : "no pull has ever succeeded";
    return [{ word: "pull fails", text: `${how}: ${git.error}` }];
  }
  if (git.missing)
    return [{ word: "files missing", text: `it is served without what can't be had: ${git.missing}` }];
  // A fetch may take half an hour.
  if (git.lastTry && since(git.lastTry, now) > 2 * every + 35 * MINUTES)
    return [{ word: "not pulled", text: `it was last pulled ${age(since(git.lastTry, now))} ago` }];
  return [];
}

const MIB = 1024;
const GIB = 1024 * MIB;

/** What is wrong with a disk: it is full, or so nearly that the next big thing fills it. */
export function judgeDisk({ what, mount, size, free, files, freeFiles }: Disk): Problem[] {
  const of = `the disk of the ${what === "docker" ? "images and logs" : "volumes"} (${mount})`;
  const left = `${bytes(free * 1024)} of ${bytes(size * 1024)} are free`;
  if (free < 16 * MIB) return [{ word: "disk full", text: `${of} is full: ${left}` }];
  if (free < 128 * MIB || (free < size / 20 && free < 2 * GIB))
    return [{ word: "disk nearly full", text: `${of} is nearly full: ${left}` }];
  if (files > 0 && freeFiles < Math.min(files / 100, 10_000))
    return [{ word: "disk full", text: `${of} has room for ${freeFiles} more files only` }];
  return [];
}

/** What is wrong with the room that a site takes. */
export function judgeRoom(room: ReturnType<Answers["room"]>): Problem[] {
  if (!room?.why) return [];
  return [{ word: room.stopped ? "can't write" : "nearly full", text: room.why }];
}

/** Mail that waits for so long is not what a server away for a moment explains. */
const MAIL_WAITS = 15 * MINUTES;

/** What is wrong with the host's mail, and what is worth knowing of it. */
export function judgeMail({ queue, undelivered, now }: Pick<Answers, "queue" | "undelivered" | "now">): {
  readonly problems: Problem[];
  readonly notes: string[];
} {
  const seconds = now.getTime() / 1000;
  const { count = 0, oldest = 0, reason = "" } = queue ?? {};
  const waits = `${count === 1 ? "1 mail waits" : `${count} mails wait`}, the first for ${age(seconds - oldest)}`;
  const text = `${waits}${reason ? `: ${reason}` : ""}`;
  const late = count > 0 && seconds - oldest > MAIL_WAITS;
  return {
    problems: late ? [{ word: "mail waits", text }] : [],
    notes: [
      ...(count > 0 && !late ? [text] : []),
      ...(undelivered
        ? [
            `the last mail that was not delivered, ${age(seconds - undelivered.at)} ago, to ${undelivered.text}`,
          ]
        : []),
    ],
  };
}

/** That whom the stack file names could not be told of a failure. */
export function judgeHook(isNamed: boolean, failed: Answers["hook"]): Problem[] {
  if (!isNamed || !failed) return [];
  const text = `${failed.text} (${failed.time}): correct varvol:notify (or varvol:backup.hook), and run up; it is tried again, and varvol notify test says whether it works`;
  return [{ word: "hook fails", text }];
}

export function parseGit(text: string | undefined): GitStatus | undefined {
  try {
    return text ? (JSON.parse(text) as GitStatus) : undefined;
  } catch {
    return undefined;
  }
}

/** Everything of containers whose site is no part of the stack file. */
export function strangers(answers: Answers, known: ReadonlySet<string>): string[] {
  const owners = answers.containers.filter(({ owner }) => !known.has(owner)).map(({ owner }) => owner);
  return [...new Set(owners)].map((owner) => `${owner} is not in the stack file, and has containers still`);
}

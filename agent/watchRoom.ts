import * as fs from "node:fs";
import * as path from "node:path";
import { Failure, plain } from "./failure";
import { note } from "./notify/tell";
import { isRestoring, read, readPlace, root, settings, write } from "./place";
import { run } from "./process";
import type { ScheduleEntry } from "./protocol";
import { isCalm, judgeRoom, reserveOf, type Room, type RoomState, type SiteRoom, warned } from "./room";
import { readSchedule } from "./schedule";
import { setWriting } from "./writing";

/** What the last look found, a line a site for `status`: name, KiB, limit, calm, state, why; tabs divide. */
const file = path.join(settings, "room");
const MIB = 1024;

/** Looks how much each site takes; has one that takes too much not write until there is room again. Gives the seconds it took. */
export async function watchRoom(): Promise<number> {
  const began = Date.now();
  const schedule = readSchedule();
  if (!schedule || isRestoring()) return 0;
  const sites = schedule.entries.filter(({ subject }) => subject.folders.length > 0);
  const { bsize, blocks, bavail } = fs.statfsSync(root);
  const kib = (count: number) => Math.floor((count * bsize) / 1024);
  const room: Room = { free: kib(bavail), reserve: reserveOf(kib(blocks)) };
  const before = readRooms();
  const used = await usedBy(sites);
  const found = sites.map(({ subject: { name }, disk }): SiteRoom => {
    const last = before.get(name);
    const now = used.get(name) ?? 0;
    const calm = last === undefined || isCalm(room) ? now : last.calm;
    return { name, used: now, limit: disk * MIB, calm, state: last?.state ?? "free" };
  });
  const states = judgeRoom(found, room);
  const done: Done[] = [];
  for (const [i, site] of found.entries()) {
    const entry = sites[i];
    const state = states.get(site.name) ?? "free";
    if (entry) done.push(await carryOut(entry, site, state, room, before.get(site.name)));
  }
  write(file, done.map((one) => `${lineOf(one, room)}\n`).join(""));
  return (Date.now() - began) / 1000;
}

/** A site as it is now, and what kept the agent from having it so. */
interface Done {
  readonly site: SiteRoom;
  readonly problem?: string;
}

/** Puts a site into its state. One that could not be let write again is tried once more at the next look. */
async function carryOut(
  { subject }: ScheduleEntry,
  site: SiteRoom,
  state: RoomState,
  room: Room,
  before: SiteRoom | undefined,
): Promise<Done> {
  const next = { ...site, state };
  const stops = state !== "free" && site.state === "free";
  let problem: string | undefined;
  try {
    // A container that was started since may write, and a new one: it is said each time anew.
    if (state !== "free" || site.state !== "free")
      await setWriting(readPlace(), subject, state === "free", stops);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    problem = error.message;
    process.stderr.write(`${site.name}: ${problem}\n`);
  }
  const done = { site: problem !== undefined && state === "free" ? site : next, problem };
  const error = said(done, room);
  if (stops || warned(next) > (before ? warned(before) : 0))
    process.stderr.write(`${done.site.name}: ${error}\n`);
  await note([{ what: "disk", name: done.site.name, level: levelOf(done.site), error }]);
  return done;
}

/** How bad it is: below what it may take, near it, nearer, or that it can't write. */
function levelOf(site: SiteRoom): number {
  return site.state === "free" ? Math.max(0, warned(site) - 7) : 3;
}

function said({ site, problem }: Done, room: Room): string {
  return problem === undefined ? why(site, room) : `${why(site, room)}; that failed: ${plain(problem)}`;
}

/** What is to be said of a site's room. */
export function why(site: SiteRoom, { free }: Room): string {
  const size = (amount: number) => `${Math.ceil(amount / MIB)} MiB`;
  const stopped = "it can't write until there is room again";
  if (site.state === "above")
    return `it takes ${size(site.used)} of the ${size(site.limit)} that "disk" allows: ${stopped}`;
  if (site.state === "grown")
    return `only ${size(free)} of the disk are free, and it has grown by ${size(site.used - site.calm)} since there was enough: ${stopped}`;
  if (warned(site) > 0) return `it takes ${size(site.used)} of the ${size(site.limit)} that "disk" allows`;
  return "";
}

function lineOf(done: Done, room: Room): string {
  const { name, used, limit, calm, state } = done.site;
  return [name, used, limit, calm, state, said(done, room)].join("\t");
}

function readRooms(): Map<string, SiteRoom> {
  const lines = (read(file) ?? "").split("\n").filter(Boolean);
  return new Map(
    lines.map((line) => {
      const [name = "", used, limit, calm, state] = line.split("\t");
      const known = state === "above" || state === "grown" ? state : "free";
      return [name, { name, used: Number(used), limit: Number(limit), calm: Number(calm), state: known }];
    }),
  );
}

/** KiB of each site's volume and database. */
async function usedBy(sites: readonly ScheduleEntry[]): Promise<Map<string, number>> {
  const owners = new Map(
    sites.flatMap(({ subject: { name, database } }) => [
      [path.join(root, name), name] as const,
      ...(database ? [[path.join(root, "mysql/data/data", tableFolder(name)), name] as const] : []),
    ]),
  );
  const there = [...owners.keys()].filter((folder) => fs.existsSync(folder));
  const used = new Map<string, number>();
  if (there.length === 0) return used;
  // Files may go while they are counted: what it says of that is no failure.
  const { stdout } = await run(["nice", "-n", "19", "du", "-sk", "--", ...there]);
  for (const line of stdout.split("\n").filter(Boolean)) {
    const [size, folder = ""] = line.split("\t");
    const name = owners.get(folder) ?? "";
    used.set(name, (used.get(name) ?? 0) + Number(size));
  }
  return used;
}

/** How MariaDB names the folder of a database whose name is a site's. */
export function tableFolder(name: string): string {
  return name.replaceAll("-", "@002d");
}

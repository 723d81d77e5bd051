import * as fs from "node:fs";
import * as path from "node:path";
import { stillRuns } from "../../engine/recover/process";

/** Where each run of tests says which process it is. */
const RECORDS = "/var/tmp/varvol-test-runs";

// Three letters, because a stack's namespace may not be long.
const IDS = 36 ** 3;

/** The id of this run: what its names have in them. Processes that it starts take part in it. */
export const RUN = process.env.VARVOL_TEST_RUN || freeId();
process.env.VARVOL_TEST_RUN = RUN;
claim(RUN);

/** An id that no run has which still lives. */
export function freeId(records = RECORDS, pid = process.pid): string {
  const id = (pid % IDS).toString(36);
  return lives(id, records) ? freeId(records, pid + 1) : id;
}

/** Says that a run is this process, unless one that lives says so already. */
export function claim(run: string, records = RECORDS): void {
  if (lives(run, records)) return;
  fs.mkdirSync(records, { recursive: true, mode: 0o1777 });
  const file = path.join(records, run);
  fs.writeFileSync(`${file}.${process.pid}`, JSON.stringify({ pid: process.pid, time: Date.now() }));
  fs.renameSync(`${file}.${process.pid}`, file);
}

/** Runs whose process is gone; what they made may still be there. One that never said which it is isn't among them. */
export function goneRuns(records = RECORDS): string[] {
  if (!fs.existsSync(records)) return [];
  return fs.readdirSync(records).filter((run) => /^\w+$/.test(run) && !lives(run, records));
}

/** Forgets a run, once all that it made is gone. */
export function forget(run: string, records = RECORDS): void {
  fs.rmSync(path.join(records, run), { force: true });
}

function lives(run: string, records: string): boolean {
  try {
    const record = JSON.parse(fs.readFileSync(path.join(records, run), "utf8")) as {
      pid: number;
      time: number;
    };
    return stillRuns({ ...record, program: /node/ });
  } catch {
    return false;
  }
}

import * as path from "node:path";
import { lastLines, plain } from "./failure";
import { type Place, remove, settings, write } from "./place";
import { run } from "./process";
import type { Schedule } from "./protocol";

/** What whoever is named in the stack file gets to read, as JSON. */
export interface Told {
  readonly host: string;
  readonly name: string;
  readonly what: "backup" | "drill" | "forget" | "disk" | "memory" | "certificate";
  readonly run: string;
  /** Empty where it is well again. */
  readonly error: string;
}

/** What the last try to tell anybody came to, where it failed: `status` shows it. */
const FAILED = path.join(settings, "hook-failed");

/** Tells of a failure. That this fails too is said, and no reason to stop. */
export async function hook(
  { image, stack }: Pick<Place, "image" | "stack">,
  { hook: whom }: Pick<Schedule, "hook">,
  told: Told,
): Promise<void> {
  if (!whom) return;
  const message = JSON.stringify(told);
  const own = ["docker", "run", "--rm", "-i", "--pull", "never", "--label", `varvol.backup=${stack}/hook`];
  // A command is the host's own, so it runs there: with its files, programs, network and processes.
  const onHost = ["--pid", "host", "--uts", "host", "--network", "host", "-v", "/:/host"];
  const enter = ["--entrypoint", "chroot", image, "/host", "timeout", "60", "sh", "-c"];
  const curl = ["--entrypoint", "curl", image, "-sSf", "-o", "/dev/null", "-m", "20", "--retry", "2"];
  const { code, stderr } =
    "command" in whom
      ? await run([...own, ...onHost, ...enter, whom.command], { input: `${message}\n` })
      : // Its address may be a secret: no argument shows it.
        await run([...own, ...curl, "-H", "content-type: application/json", "-K", "-"], {
          input: `url = ${JSON.stringify(whom.webhook)}\ndata = ${JSON.stringify(message)}\n`,
        });
  if (code === 0) return remove(FAILED);
  const failed = `the hook failed for ${told.what} of ${told.name}: ${lastLines(stderr, 1)}`;
  process.stderr.write(`${failed}\n`);
  write(
    FAILED,
    `${new Date().toISOString().slice(0, 19)}Z\t${plain(failed.replaceAll(/\s+/g, " ")).slice(0, 500)}\n`,
  );
}

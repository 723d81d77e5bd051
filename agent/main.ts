import { lookUpHere } from "./certificates/lookUp";
import { windowsHere } from "./certificates/windows";
import { cancel } from "./process";
import { readRequest } from "./input";
import { job } from "./job";
import { Cancelled, Failure, Wanted } from "./failure";
import { say } from "./say";
import { serve } from "./serve";
import { unpackHere } from "./unpack";

/** Milliseconds between two words that only find out whether whoever asked is still there. */
const HEARTBEAT = 2000;

async function main(what: string | undefined): Promise<void> {
  process.umask(0o022);
  if (what === "serve") return serve();
  if (what === "unpack") return unpackHere();
  if (what === "look-up") return lookUpHere();
  if (what === "windows") return windowsHere();
  // Nobody is there any more to read what is said: the job puts right what it has begun, and ends.
  process.stdout.on("error", () => cancel(141));
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)
    process.on(signal, () => cancel(code));
  const heart = setInterval(() => say({ type: "alive" }), HEARTBEAT);
  try {
    const { request, rest } = await readRequest(process.stdin, () => cancel(141));
    await job(request, rest);
  } finally {
    clearInterval(heart);
  }
}

main(process.argv[2]).then(
  () => process.exit(0),
  (error: unknown) => {
    if (error instanceof Cancelled) process.exit(error.code);
    process.stderr.write(`${error instanceof Failure ? error.message : (error as Error).stack}\n`);
    process.exit(error instanceof Wanted ? Wanted.code : 1);
  },
);

import type * as pulumi from "@pulumi/pulumi";

/** What happens on the host when the trigger is another one. */
export interface EventInputs {
  readonly site: string;
  /** The mode of a backup; the snapshot that is restored or tried. */
  readonly detail: string;
  /** Words that ask the machine's agent. */
  readonly command: string[];
  /** What it is asked. */
  readonly input: string;
  readonly trigger: string;
  /** Seconds that it may take. */
  readonly timeout: number;
  /** Of this code: the state keeps the code that it was made with until an update. */
  readonly revision: number;
}

export interface EventOutputs extends EventInputs {
  /** Name of the snapshot. */
  readonly run: string;
  /** What came of it. */
  readonly text: string;
}

/** Raised whenever the provider's code changes. */
export const REVISION = 2;

/**
 * The provider of Backup, Restore and Drill. It is written into the stack's state and runs in a process of its own:
 * nothing here refers to what is outside of its functions, and all that it knows it is given. Deletion deletes nothing.
 */
export const events: pulumi.dynamic.ResourceProvider<EventInputs, EventOutputs> = {
  // A value that only the update will know is another text than any trigger.
  diff: (_id, olds, news) =>
    Promise.resolve({ changes: olds.trigger !== news.trigger || olds.revision !== news.revision }),
  create: async (inputs) => ({
    id: `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`,
    outs: { ...inputs, ...(await happen(inputs)) },
  }),
  update: async (_id, olds, news) => ({
    outs: {
      ...news,
      ...(olds.trigger === news.trigger ? { run: olds.run, text: olds.text } : await happen(news)),
    },
  }),
  delete: () => Promise.resolve(),
};

/** Runs the command; what it says on standard error is the error, and it never says a secret. */
function happen({ command, input, timeout }: EventInputs): Promise<{ run: string; text: string }> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- what a serialised function may refer to
  const { spawn } = require("node:child_process") as typeof import("node:child_process");
  const [file = "", ...words] = command;
  // The tools need nothing of the engine's, which has the passphrase of the state in its environment.
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith("PULUMI_")));
  return new Promise((resolve, reject) => {
    const child = spawn(file, words, { stdio: ["pipe", "pipe", "pipe"], env });
    const out: Buffer[] = [];
    const errors: Buffer[] = [];
    let late = false;
    // Asked to end, the tools put back what they have begun.
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGTERM");
    }, timeout * 1000);
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    child.stdout.on("data", (data: Buffer) => out.push(data));
    child.stderr.on("data", (data: Buffer) => errors.push(data));
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      const result = Buffer.concat(out)
        .toString()
        .split("\n")
        .find((line) => line.startsWith('{"type":"result"'));
      if (code === 0 && result) {
        const { run, text } = JSON.parse(result) as { run: string; text: string };
        resolve({ run, text });
      } else if (code === 0) reject(new Error("it ended without a result"));
      else if (late) reject(new Error(`it was not done after ${timeout} seconds`));
      else reject(new Error(Buffer.concat(errors).toString().trim().slice(-2000) || `exit code ${code}`));
    });
  });
}

import { spawn } from "node:child_process";

/** Gives a command this process's own terminal, or its input and output, until it ends; resolves to its exit code. */
export function handOver(command: readonly string[]): Promise<number> {
  const [file = "", ...args] = command;
  // Ctrl-C is for the command: it has the same terminal.
  const leave = (): void => undefined;
  process.on("SIGINT", leave);
  return new Promise<number>((resolve, reject) => {
    const child = spawn(file, args, { stdio: "inherit" });
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  }).finally(() => process.off("SIGINT", leave));
}

/** Shows a text a page at a time where there is a terminal, by what `PAGER` names; else prints it. */
export async function handOverText(text: string): Promise<void> {
  const pager = process.env.PAGER || "less";
  if (process.stdout.isTTY && (await pageBy(pager, text))) return;
  process.stdout.write(text);
}

/** Whether there is such a program. One that is left early is no error. */
function pageBy(pager: string, text: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn("sh", ["-c", pager], { stdio: ["pipe", "inherit", "inherit"] });
    child.on("error", () => resolve(false));
    child.on("close", (code) => resolve(code !== 127));
    child.stdin.on("error", () => undefined);
    child.stdin.end(text);
  });
}

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

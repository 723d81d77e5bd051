import Mocha from "mocha";

/** What came of test files. */
export interface Count {
  passed: number;
  failed: number;
  /** What failed, and why, for the end of a long run. */
  failures: string[];
}

/** Runs test files in this process. */
export function runFiles(files: readonly string[], grep?: string): Promise<Count> {
  const mocha = new Mocha({ timeout: 60_000, forbidOnly: true, grep });
  files.forEach((file) => mocha.addFile(file));
  const failures: string[] = [];
  return new Promise((resolve) => {
    const runner = mocha.run(() =>
      resolve({ passed: runner.stats?.passes ?? 0, failed: runner.stats?.failures ?? 0, failures }),
    );
    runner.on("fail", (test, error: Error) =>
      failures.push(`${test.fullTitle()}\n${error.stack ?? error.message}`),
    );
  });
}

// As a program: the files that it is given; its last line is the count.
if (process.argv[1]?.endsWith("files.cjs")) {
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    // What still runs has been told to end, too.
    process.once(signal, () => setTimeout(() => process.exit(1), 4000));
  void runFiles(process.argv.slice(2)).then((count) => {
    process.stdout.write(`${JSON.stringify(count)}\n`, () => process.exit(0));
  });
}

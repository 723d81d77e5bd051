import Mocha from "mocha";
import type { Outcome } from "./support/scorecard";

/** What came of test files. */
export interface Count {
  passed: number;
  failed: number;
  /** What failed, and why, for the end of a long run. */
  failures: string[];
}

/** Runs test files in this process. What came of each test is added to `outcomes`, also of those that never began. */
export function runFiles(files: readonly string[], grep?: string, outcomes: Outcome[] = []): Promise<Count> {
  const mocha = new Mocha({ timeout: 60_000, forbidOnly: true, grep });
  files.forEach((file) => mocha.addFile(file));
  const failures: string[] = [];
  const tests: Mocha.Test[] = [];
  return new Promise((resolve) => {
    const runner = mocha.run(() => {
      outcomes.push(...tests.map((test) => ({ title: test.fullTitle(), state: test.state })));
      resolve({ passed: runner.stats?.passes ?? 0, failed: runner.stats?.failures ?? 0, failures });
    });
    const wanted = new RegExp(grep ?? "");
    runner.suite.eachTest((test) => {
      if (wanted.test(test.fullTitle())) tests.push(test);
    });
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

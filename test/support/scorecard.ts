/** What is tried by a hostile site, visitor or local user, by the ids that tests begin with: `RUN-1, RUN-2: …`. */
const ID = "(?:IMPORT|DB|RUN|SEC|NAME|DISK|LOCAL|HEAD|FLOOD|GIT|MAIL|AUTH|CACHE|SITE)-[A-Z]?\\d+";
const IDS = new RegExp(`(?:^| )(${ID}(?:, ${ID})*): `, "g");

/** A regular expression of the titles of tests that are for an id, for Mocha. */
export const WITH_ID = IDS.source;

/** What has to be in docs/security.md, whichever of its lists that is. */
const ROWS = [
  ...["IMPORT-1", "IMPORT-2", "IMPORT-3", "DB-R1", "DB-R2", "DB-B1", "DB-D1", "DB-D2", "RUN-1", "RUN-2"],
  ...["SEC-1", "SEC-2", "SEC-4", "SEC-5", "SEC-6", "SEC-7", "SEC-9", "SEC-10", "SEC-11", "SEC-12", "SEC-13"],
  ...["SEC-14", "SEC-15", "SEC-16", "SEC-17", "SEC-18", "NAME-1", "DISK-1", "LOCAL-1", "HEAD-1"],
];

/** A test that was to run. */
export interface Outcome {
  /** With the titles of what it is in. */
  readonly title: string;
  /** Pending where it was skipped, undefined where it never began. */
  readonly state: "passed" | "failed" | "pending" | undefined;
}

export interface Row {
  readonly id: string;
  readonly what: string;
  readonly result: string;
  readonly well: boolean;
}

/** A row for each id that is documented, tested or to be either. */
export function scorecard(document: string, outcomes: readonly Outcome[]): Row[] {
  const stopped = stoppedIn(document);
  const open = openIn(document);
  const tests = new Map<string, Outcome[]>();
  for (const outcome of outcomes)
    for (const id of idsIn(outcome.title)) tests.set(id, [...(tests.get(id) ?? []), outcome]);
  const ids = new Set([...stopped.keys(), ...open.keys(), ...ROWS, ...tests.keys()]);
  return [...ids].map((id) => {
    const what = stopped.get(id) ?? open.get(id) ?? "";
    return { id, what, ...resultOf(tests.get(id) ?? [], stopped.has(id), open.has(id)) };
  });
}

function resultOf(tests: readonly Outcome[], stopped: boolean, open: boolean): Pick<Row, "result" | "well"> {
  const passed = tests.filter(({ state }) => state === "passed").length;
  const failed = tests.filter(({ state }) => state === "failed").length;
  const bad = (why: string) => ({ result: `FAILED: ${why}`, well: false });
  if (failed > 0) return bad(`${failed} of ${tests.length} tests failed`);
  if (passed < tests.length) return bad(`${tests.length - passed} of ${tests.length} tests did not run`);
  if (!stopped && !open) return bad("docs/security.md does not say what it is");
  if (stopped && passed === 0) return bad("no test ran");
  // What holds in part stands in both lists.
  if (open) return { result: passed > 0 ? `in part (${passed} tests)` : "does not hold", well: true };
  return { result: `ok (${passed} tests)`, well: true };
}

function idsIn(title: string): string[] {
  return [...title.matchAll(IDS)].flatMap(([, ids = ""]) => ids.split(", "));
}

/** What is stopped: the rows of the table. */
function stoppedIn(document: string): Map<string, string> {
  const rows = document.matchAll(new RegExp(`^\\| (${ID}) *\\| (.*?) *\\| .* \\|$`, "gm"));
  return new Map([...rows].map(([, id = "", what = ""]) => [id, what]));
}

/** What does not hold: the items of the list. */
function openIn(document: string): Map<string, string> {
  const items = document.matchAll(new RegExp(`^- \\*\\*(${ID}), (.*?)\\.?\\*\\*`, "gm"));
  return new Map([...items].map(([, id = "", what = ""]) => [id, what]));
}

/** The card in lines, the narrowest that they can be. */
export function scorecardText(rows: readonly Row[]): string {
  const width = (key: "id" | "result") => Math.max(...rows.map((row) => row[key].length));
  return rows
    .map(({ id, what, result }) => `${id.padEnd(width("id"))}  ${result.padEnd(width("result"))}  ${what}\n`)
    .join("");
}

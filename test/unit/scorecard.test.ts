import assert from "node:assert/strict";
import * as fs from "node:fs";
import { type Outcome, scorecard, scorecardText, WITH_ID } from "../support/scorecard";

const DOCUMENT = `
| id       | what is tried       | what stops it |
| -------- | ------------------- | ------------- |
| IMPORT-1 | a dump has commands | a client      |
| RUN-1    | php makes folders   | root's        |
| (no id)  | php reaches         | nothing       |

- **DISK-1, no quotas.** A site fills the disk.
- **HEAD-1, tried in part.** Headers.
- **Logins elsewhere.** A page.
`;

describe("the scorecard of security", () => {
  const of = (id: string, outcomes: readonly Outcome[], document = DOCUMENT) => {
    const { result, well } = scorecard(document, outcomes).find((row) => row.id === id) ?? {};
    return { result, well };
  };
  const test = (title: string, state: Outcome["state"]) => ({ title, state });

  it("says that is well whose tests have all passed, under whatever they stand", () => {
    const outcomes = [
      test("a host IMPORT-1: a dump reaches nothing", "passed"),
      test("a host RUN-1, RUN-2: a site that puts holds up nothing", "passed"),
      test("a host RUN-1: a site", "passed"),
    ];
    assert.deepEqual(of("IMPORT-1", outcomes), { result: "ok (1 tests)", well: true });
    assert.deepEqual(of("RUN-1", outcomes), { result: "ok (2 tests)", well: true });
    assert.match(scorecardText(scorecard(DOCUMENT, outcomes)), /^RUN-1 +ok \(2 tests\) +php makes folders$/m);
  });

  it("never says so of what failed, was skipped, or never began", () => {
    const passed = test("x RUN-1: one", "passed");
    assert.equal(of("RUN-1", []).result, "FAILED: no test ran");
    assert.equal(of("RUN-1", [passed, test("x RUN-1: two", "failed")]).result, "FAILED: 1 of 2 tests failed");
    assert.equal(
      of("RUN-1", [passed, test("x RUN-1: two", undefined)]).result,
      "FAILED: 1 of 2 tests did not run",
    );
    for (const outcomes of [[], [test("x RUN-1 of old", "passed")], [test("x RUN-10: one", "passed")]])
      assert.equal(of("RUN-1", outcomes).well, false);
  });

  it("says what does not hold, and what holds in part", () => {
    assert.deepEqual(of("DISK-1", []), { result: "does not hold", well: true });
    assert.equal(of("HEAD-1", [test("x HEAD-1: a bomb", "passed")]).result, "in part (1 tests)");
    assert.equal(of("HEAD-1", [test("x HEAD-1: a bomb", "failed")]).well, false);
  });

  it("misses nothing that the documents have dropped, or never had", () => {
    assert.equal(
      of("SEC-9", [test("x SEC-9: a page", "passed")]).result,
      "FAILED: docs/security.md does not say what it is",
    );
    assert.equal(of("SEC-99", [test("x SEC-99: new", "passed")]).well, false);
  });

  it("knows every id of the documents, and its tests by their titles", () => {
    const rows = scorecard(fs.readFileSync("docs/security.md", "utf8"), []);
    assert.deepEqual(
      rows.filter(({ what }) => what === "").map(({ id }) => id),
      [],
    );
    const wanted = new RegExp(WITH_ID);
    assert.ok(wanted.test("a host DB-R1, DB-B1: names") && wanted.test("RUN-1: a site"));
    assert.ok(!wanted.test("a host that has UTF-8: text"), "UTF-8 is none");
  });
});

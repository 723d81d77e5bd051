import assert from "node:assert/strict";
import { everyKindOfFile, writtenMeanwhile } from "../host/backup/content";
import { interruptedSwitch, unanswered } from "../host/backup/interruptions";
import { KeptHost } from "../support/keptHost";

/** Backups taken while something writes. */
const REPEATS = Number(process.env.VARVOL_BACKUP_REPEATS || 20);

describe("what backups keep", function () {
  this.timeout(3_600_000);
  const host = new KeptHost("content", 18870);

  before(async () => {
    host.keep();
    await host.up();
  });

  it("is every kind of file, with its extended attributes and holes", () =>
    everyKindOfFile(host, { attributes: true }));

  it(`is consistent while 50 transactions a second are written, ${REPEATS} times`, async () => {
    const rows: number[] = [];
    for (let i = 0; i < REPEATS; i++) rows.push(await writtenMeanwhile(host));
    console.log(
      `      ${REPEATS} backups under 50 transactions a second, of ${Math.min(...rows)} to ${Math.max(...rows)} of each table's rows: 0 gaps, 0 files missing or changed`,
    );
  });

  it("comes back when the restored site does not answer", () => unanswered(host));

  it("comes back within seconds when the restore is interrupted, at many moments", async () => {
    const moments = Array.from({ length: 12 }, (_, i) => i * 400);
    const seconds = await interruptedSwitch(host, moments);
    console.log(`      away for ${seconds.map((one) => one.toFixed(1)).join(", ")} s`);
    assert.ok(Math.max(...seconds) < 20);
  });
});

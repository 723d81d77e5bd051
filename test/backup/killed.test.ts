import { killBackups, killForgets } from "../support/backupSweep";
import { KeptHost } from "../support/keptHost";

/** Backups that are killed, and as many times `forget`. */
const KILLS = Number(process.env.VARVOL_BACKUP_KILLS || 100);
const SEED = Number(process.env.VARVOL_SEED || Math.floor(Math.random() * 1e9));

describe("backups that are killed", function () {
  this.timeout(7_200_000);
  const host = new KeptHost("swept", 18840, ["hello", "blog"]);

  before(async () => {
    host.keep();
    await host.up();
  });

  it(`leave nothing stopped, nothing half, and the next run clean: ${KILLS} backups (seed ${SEED})`, () =>
    killBackups({ host, site: "blog", count: KILLS, seed: SEED }));

  it(`keep what is to be kept: ${KILLS} forgets (seed ${SEED})`, () =>
    killForgets({ host, site: "hello", count: KILLS, seed: SEED }));
});

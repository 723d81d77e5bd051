import * as path from "node:path";
import { GitServer } from "../support/gitServer";
import { KillSweep } from "../support/killSweep";
import { TestHost } from "../support/testHost";

const POINTS = Number(process.env.VARVOL_KILL_POINTS ?? 50);
const SEED = Number(process.env.VARVOL_SEED ?? Date.now() % 1e6);

describe(`commands that are killed, on a host of static sites and on one of all kinds (VARVOL_SEED=${SEED})`, function () {
  this.timeout(3 * 3_600_000);
  const mixed = new TestHost("mixed", 18560);
  const plain = new TestHost("plain", 18565);
  let git: GitServer;
  let sweeps: KillSweep[];

  before(async () => {
    git = await GitServer.start(path.join(mixed.folder, "git"), 19561);
    await git.commit("docs", { "index.html": "<h1>docs</h1>" });
    const more = (memory: number) => [
      {
        name: "docs",
        kind: "static-git",
        domains: ["docs.localhost"],
        git: { url: `${git.address}/docs` },
        memory,
      },
      { name: "blog", kind: "wordpress", domains: ["blog.localhost"], memory: memory * 5 },
    ];
    sweeps = [
      new KillSweep({ host: mixed, seed: SEED, more }),
      new KillSweep({ host: plain, seed: SEED + 1 }),
    ];
    for (const sweep of sweeps) await sweep.measure();
  });

  after(() => git?.stop());

  it(`come to the same end when they are run again, at ${POINTS} points of each`, async () => {
    let left = POINTS;
    // Two at a time: each waits for docker more than it works.
    const killing = sweeps.map(async (sweep) => {
      try {
        while (left-- > 0) {
          await sweep.kill();
          console.log(`      ${left} points left`);
        }
      } catch (error) {
        left = 0;
        throw error;
      }
    });
    for (const end of await Promise.allSettled(killing)) if (end.status === "rejected") throw end.reason;
  });
});

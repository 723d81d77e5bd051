import * as path from "node:path";
import { GitServer } from "../support/gitServer";
import { KillSweep } from "../support/killSweep";
import { TestHost } from "../support/testHost";

const POINTS = Number(process.env.VARVOL_KILL_POINTS ?? 50);
const SEED = Number(process.env.VARVOL_SEED ?? Date.now() % 1e6);

describe(`commands on all kinds of sites that are killed (VARVOL_SEED=${SEED})`, function () {
  this.timeout(1_800_000);
  const host = new TestHost("sweep", 18560);
  let git: GitServer;
  let sweep: KillSweep;

  before(async () => {
    git = await GitServer.start(path.join(host.folder, "git"), 19561);
    await git.commit("docs", { "index.html": "<h1>docs</h1>" });
    sweep = new KillSweep({
      host,
      seed: SEED,
      more: (memory) => [
        {
          name: "docs",
          kind: "static-git",
          domains: ["docs.localhost"],
          git: { url: `${git.address}/docs` },
          memory,
        },
        { name: "blog", kind: "wordpress", domains: ["blog.localhost"], memory: memory * 5 },
      ],
    });
    await sweep.measure();
  });

  after(() => git?.stop());

  for (let i = 1; i <= POINTS; i++) {
    it(`come to the same end when they are run again, ${i} of ${POINTS}`, () => sweep.kill());
  }
});

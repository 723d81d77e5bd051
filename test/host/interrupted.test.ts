import { KillSweep } from "../support/killSweep";
import { TestHost } from "../support/testHost";

// The same points each time: a landing is no place for chance. The long campaign draws new ones.
const POINTS = Number(process.env.VARVOL_KILL_POINTS ?? 2);
const SEED = Number(process.env.VARVOL_SEED ?? 62900);

describe(`commands that are killed (VARVOL_SEED=${SEED})`, function () {
  this.timeout(600_000);
  // Two at a time: each waits for docker more than it works.
  const sweeps = [0, 1].map(
    (i) => new KillSweep({ host: new TestHost(`killed${i}`, 18520 + 5 * i), seed: SEED + i }),
  );
  const each = async (work: (sweep: KillSweep) => Promise<void>) => {
    const ends = await Promise.allSettled(sweeps.map(work));
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  };

  before(() => each((sweep) => sweep.measure()));

  for (let i = 1; i <= Math.ceil(POINTS / sweeps.length); i++) {
    it(`come to the same end when they are run again, ${i * sweeps.length} of ${POINTS}`, () =>
      each((sweep) => sweep.kill()));
  }
});

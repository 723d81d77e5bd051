import { KillSweep } from "../support/killSweep";
import { TestHost } from "../support/testHost";

// The same points each time: a landing is no place for chance. The long campaign draws new ones.
const POINTS = Number(process.env.VARVOL_KILL_POINTS ?? 1);
const SEED = Number(process.env.VARVOL_SEED ?? 62900);

describe(`commands that are killed (VARVOL_SEED=${SEED})`, function () {
  this.timeout(600_000);
  const sweep = new KillSweep({ host: new TestHost("killed", 18520), seed: SEED });

  before(() => sweep.measure());

  for (let i = 1; i <= POINTS; i++) {
    it(`come to the same end when they are run again, ${i} of ${POINTS}`, () => sweep.kill());
  }
});

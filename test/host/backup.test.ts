import { KeptHost } from "../support/keptHost";
import { contentCases } from "./backup/content";
import { interruptionCases } from "./backup/interruptions";
import { refusalCases } from "./backup/refusals";

describe("backups of sites", function () {
  this.timeout(300_000);
  const host = new KeptHost("kept", 18710);

  before(async () => {
    host.keep();
    await host.up();
  });

  contentCases(host);
  interruptionCases(host);
  refusalCases(host);
});

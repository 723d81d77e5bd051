import type { HostFacts } from "../../engine/hostFacts";
import type { HostConfig } from "../../stacks/config";
import { majorJump } from "../plan/imageChange";

/** Hours that a dump of MariaDB counts for before its major version changes. */
export const DUMP_HOURS = 24;

/**
 * What an `up` would do to data that nothing takes back. A plan judges by more policies; these two `up` asks for too,
 * as one look at the host tells.
 */
export function dataAtRisk({ volumeRoot, lock, policiesOff }: HostConfig, facts: HostFacts): string[] {
  const problems: string[] = [];
  if (facts.rootSoFar !== undefined && !policiesOff.includes("data-stays")) {
    problems.push(
      `varvol:volumeRoot: all data lies in ${facts.rootSoFar}, and the sites would start empty in ${volumeRoot}; stop the containers and move it there first, or set varvol:policies: { data-stays: off }`,
    );
  }
  const next = lock.sets.mariadb?.packages["mariadb-server"] ?? null;
  const jump = majorJump([{ name: "mariadb-server", old: facts.mariadb ?? null, new: next }]);
  const dumped = facts.dumpAge !== undefined && facts.dumpAge < DUMP_HOURS;
  if (jump && !dumped && !policiesOff.includes("major-jump")) {
    problems.push(
      `images.lock.json: MariaDB ${jump.old} -> ${jump.new} converts the data for good, and ${volumeRoot}/mysql/dumps has no dump of the last ${DUMP_HOURS} hours; make one as docs/pull-requests.md shows`,
    );
  }
  return problems;
}

import * as path from "node:path";
import { attempt } from "../../base/exec";
import type { Step } from "../../base/output";
import { PACKAGE_SETS, type PackageSet } from "../../components/imageLock";
import { lookUpPackages } from "../../flows/upgrade/packages";
import { baseImage } from "../../machine/setup/base-image";
import { readLock, writeLock } from "../../stacks/lock";
import { testFolder } from "./testHost";

/**
 * Has the tests build images of packages that can be had. Debian's mirrors drop a version once a newer one is out. Where
 * its archive of all versions can't be reached either, the newest are tested, by a lock of the tests' own.
 */
export async function ensurePackages(step: Step): Promise<"as locked" | "the newest"> {
  const lock = readLock();
  const versions = Object.values(lock.sets).flatMap((set) =>
    Object.entries(set.packages).map(([name, version]) => `${name}=${version}`),
  );
  const [snapshot = ""] = Object.values(lock.sets)
    .map((set) => set.snapshot)
    .sort()
    .reverse();
  const [installer, backports] = ["install-packages", "acme/backports"].map((file) =>
    path.resolve("images", file),
  );
  const found = await attempt([
    ...["docker", "run", "--rm", "-e", `SNAPSHOT=${snapshot}`, "-e", "SUITE=trixie"],
    ...["-v", `${installer}:/install-packages:ro`, "-v", `${backports}:/backports:ro`, baseImage],
    ...["sh", "-c", 'sh /backports && exec sh /install-packages --check "$@"', "sh"],
    ...new Set(versions),
  ]);
  if (found.code === 0) return "as locked";
  step.part(found.stderr.trim().split("\n").at(-1) ?? "");
  const { sets } = await lookUpPackages({}, Object.keys(PACKAGE_SETS) as PackageSet[]);
  process.env.VARVOL_LOCK_FILE = path.join(testFolder(), "images.lock.json");
  writeLock({ sets, sites: {}, pins: {} });
  return "the newest";
}

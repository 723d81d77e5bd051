import * as fs from "node:fs";
import * as path from "node:path";
import { attempt, type Result } from "../../base/exec";
import type { TestHost } from "./testHost";

/** Runs restic itself on a host's repository, which is a folder, as someone does who goes round Varvol. */
export function restic(
  host: TestHost,
  repository: string,
  args: readonly string[],
  { input, mounts = [] }: { input?: string; mounts?: readonly string[] } = {},
): Promise<Result> {
  const settings = path.join(host.root, ".varvol/backup");
  const image = fs.readFileSync(path.join(settings, "host"), "utf8").trim().split(" ")[2] ?? "";
  const volumes = [
    ...[`${repository}:/repository`, `${host.root}:/vol:ro`],
    ...[`${path.join(settings, "password")}:/password:ro`, ...mounts],
  ];
  const env = ["-e", "RESTIC_REPOSITORY=/repository", "-e", "RESTIC_PASSWORD_FILE=/password"];
  return attempt(
    [
      ...["docker", "run", "--rm", "-i", "--name", `${host.namespace}check`, "--entrypoint", "restic"],
      ...[...volumes.flatMap((volume) => ["-v", volume]), ...env, image, ...args],
    ],
    { input },
  );
}

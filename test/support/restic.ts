import * as fs from "node:fs";
import * as path from "node:path";
import { attempt, type Result } from "../../cli/exec";
import type { TestHost } from "./testHost";

/** Runs restic itself on a host's repository, which is a folder, as someone does who goes round Varvol. */
export function restic(
  host: TestHost,
  repository: string,
  args: readonly string[],
  input?: string,
): Promise<Result> {
  const settings = path.join(host.root, ".varvol/backup");
  const image = fs.readFileSync(path.join(settings, "host"), "utf8").trim().split(" ")[2] ?? "";
  const mounts = [
    ...["-v", `${repository}:/repository`, "-v", `${host.root}:/vol:ro`],
    ...["-v", `${path.join(settings, "password")}:/password:ro`],
  ];
  const env = ["-e", "RESTIC_REPOSITORY=/repository", "-e", "RESTIC_PASSWORD_FILE=/password"];
  return attempt(
    [
      ...["docker", "run", "--rm", "-i", "--name", `${host.namespace}check`, "--entrypoint", "restic"],
      ...[...mounts, ...env, image, ...args],
    ],
    { input },
  );
}

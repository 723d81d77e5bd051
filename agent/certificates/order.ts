import * as fs from "node:fs";
import * as path from "node:path";
import { Failure } from "../failure";
import { read, write } from "../place";
import { run } from "../process";
import type { Certificates } from "../protocol";
import { IN_CONTAINER, legoArguments, legoFiles, legoReason, legoVariables } from "./lego";
import { acme, challenges, filesOf, tokens } from "./plan";
import type { Step } from "./steps";

/** Of the gateway's own user, as nginx reads the challenges. */
export const USER = 33;

/** The folders that lego writes to. */
export function prepareFolders({ authority }: Certificates): void {
  for (const [folder, mode] of [
    [acme, 0o700],
    [challenges, 0o755],
    [path.dirname(tokens), 0o755],
    [tokens, 0o755],
  ] as const) {
    fs.mkdirSync(folder, { recursive: true });
    fs.chmodSync(folder, mode);
    fs.chownSync(folder, USER, USER);
  }
  if (authority === undefined) return;
  const file = path.join(acme, path.basename(IN_CONTAINER.authority));
  write(file, authority);
  fs.chownSync(file, USER, USER);
}

/** Asks the authority for a site's certificate, or whether it is time for the next. Throws what went wrong. */
export async function askAuthority(
  plan: Certificates,
  site: { readonly name: string; readonly domains: readonly string[] },
  step: Exclude<Step, "wait">,
): Promise<void> {
  const { code, stdout, stderr } = await run(
    [
      ...["docker", "run", "--rm", "-i", "--pull", "never", "--name", `${plan.namespace}acme-${site.name}`],
      ...["--label", `varvol.acme=${plan.stack}`, "--log-driver", "none", "--read-only", "--cap-drop", "ALL"],
      ...["--security-opt", "no-new-privileges", "--memory", "128m", "--memory-swap", "128m"],
      ...["--pids-limit", "64", "--user", `${USER}:${USER}`, "-v", `${acme}:${IN_CONTAINER.acme}`],
      ...["-v", `${challenges}:${IN_CONTAINER.challenges}`, plan.image],
      ...legoArguments(plan, site.domains, step),
    ],
    { input: legoVariables(plan) },
  );
  if (code !== 0) throw new Failure(legoReason(stdout + stderr));
  keepFiles(site);
}

/** Puts what lego has where the gateway's next generation takes it from; the key first, as the two belong together. */
function keepFiles({ name, domains }: { readonly name: string; readonly domains: readonly string[] }): void {
  const given = legoFiles(domains);
  const [chain, key] = [given.chain, given.key].map((file) => read(path.join(acme, file)));
  if (chain === undefined || key === undefined)
    throw new Failure(`lego ended well, and there is no ${given.chain} in ${acme}`);
  const files = filesOf(name);
  if (read(files.chain) === chain && read(files.key) === key) return;
  write(files.key, key);
  write(files.chain, chain);
}

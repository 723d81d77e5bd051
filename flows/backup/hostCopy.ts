import { existsSync, readFileSync } from "node:fs";
import { exportState } from "../../engine/exported";
import type { Stack } from "../../engine/stack";
import { decrypted, hasSecrets } from "../../engine/stackFile";
import { lockFile } from "../../stacks/lock";
import { asksAuthority } from "../../stacks/modules";
import { answer, askAgent } from "./repository";

/** The file of a host's own snapshot. */
export const HOST_FILE = "host.json";

/** All that a machine with nothing needs beside the sites' snapshots. It is only ever in the encrypted repository. */
export interface HostCopy {
  readonly stack: string;
  readonly namespace: string;
  /** Sites and modules that the run has snapshots of. */
  readonly names: readonly string[];
  readonly stackFile: string;
  /** Its values in plain text, as Pulumi writes them, where any is encrypted. */
  readonly config?: Readonly<Record<string, string>>;
  readonly lock: string;
  /** The passphrase of the state's secrets, where Varvol made it; for those who use the engine itself. */
  readonly passphrase?: string;
  /** Accounts at public authorities and what these gave, where sites have certificates of such, by path below the volume root. */
  readonly certificates?: Readonly<Record<string, string>>;
  /** What the engine exports, with its secrets in plain text: another machine has another passphrase. */
  readonly state: string;
}

/** Makes the copy of what lies on this machine and keeps it as the last part of a run. */
export async function keepHost(stack: Stack, run: string, names: readonly string[]): Promise<void> {
  const state = await exportState(stack, "in plain text");
  const { passphrase } = stack.workspace.paths;
  const stackFile = readFileSync(stack.file, "utf8");
  const copy: HostCopy = {
    stack: stack.name,
    namespace: stack.config.namespace,
    names,
    stackFile,
    ...(hasSecrets(stackFile) && { config: await decrypted(stack.file, (args) => stack.pulumi(args)) }),
    lock: readFileSync(lockFile(), "utf8"),
    ...(existsSync(passphrase) && { passphrase: readFileSync(passphrase, "utf8") }),
    ...(asksAuthority(stack.config) && {
      certificates: answer(await askAgent(stack.config, { job: "certificate-files" }), "certificate-files")
        .files,
    }),
    state,
  };
  const input = JSON.stringify(copy);
  const request = { job: "keep", run, file: HOST_FILE, bytes: Buffer.byteLength(input) } as const;
  await askAgent(stack.config, request, { input });
}

interface Exported {
  readonly version: number;
  readonly deployment: {
    readonly manifest: unknown;
    readonly secrets_providers?: unknown;
    readonly resources?: readonly Resource[];
  };
}

interface Resource {
  readonly urn: string;
  readonly type: string;
  readonly provider?: string;
  readonly dependencies?: readonly string[];
  readonly propertyDependencies?: Readonly<Record<string, readonly string[] | null>>;
}

/** Whether a state has more than what secretsOnly leaves of one. */
export function standsForThings(state: string): boolean {
  const { resources = [] } = (JSON.parse(state) as Exported).deployment;
  return resources.some(({ type }) => !isOfState(type));
}

/**
 * The part of a state that no machine has: generated passwords, keys and certificates, as a new stack takes it over.
 * What stands for things on the lost machine is left out, so that the next `up` makes them. The new stack's own export
 * says what encrypts its secrets.
 */
export function secretsOnly(
  copy: Pick<HostCopy, "state" | "stack" | "namespace">,
  { name, config }: Pick<Stack, "name"> & { config: { namespace: string } },
  own: string,
): string {
  const exported = JSON.parse(
    copy.state
      .replaceAll(`urn:pulumi:${copy.stack}::`, `urn:pulumi:${name}::`)
      // A resource's name begins with the namespace: the last part of its URN.
      .replaceAll(
        new RegExp(`(urn:pulumi:${name}::varvol::(?:(?!::)[^"])+::)${copy.namespace}`, "g"),
        (_, start: string) => start + config.namespace,
      ),
  ) as Exported;
  const { secrets_providers } = (JSON.parse(own) as Exported).deployment;
  const all = exported.deployment.resources ?? [];
  const kept = all.filter(({ type }) => isOfState(type));
  const urns = new Set(kept.map(({ urn }) => urn));
  const known = (list: readonly string[]) => list.filter((urn) => urns.has(urn));
  const resources = kept.map((resource) => ({
    ...resource,
    ...(resource.dependencies && { dependencies: known(resource.dependencies) }),
    ...(resource.propertyDependencies && {
      propertyDependencies: Object.fromEntries(
        Object.entries(resource.propertyDependencies).map(([key, list]) => [key, known(list ?? [])]),
      ),
    }),
  }));
  const { manifest } = exported.deployment;
  return JSON.stringify({ ...exported, deployment: { manifest, secrets_providers, resources } });
}

function isOfState(type: string): boolean {
  return /^(random|tls):|^pulumi:providers:(random|tls)$|^varvol:|^pulumi:pulumi:Stack$/.test(type);
}

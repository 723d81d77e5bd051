import { containerFacts, labelOf } from "../../engine/containerFacts";
import { sha256, type WrittenFile } from "../../components/written";
import type { Declared, DeclaredContainer } from "../../engine/declared";
import { keyChanges } from "../plan/changes";
import type { KeyChange } from "../plan/schema";
import type { Found, FoundContainer } from "./found";
import { foundFacts } from "./foundFacts";

/** Something on the host that is not what `up` left there. */
export interface Drift {
  readonly kind: "container" | "file" | "network" | "routes";
  /** A container as owner/role, a file below the volume root, a network. */
  readonly subject: string;
  /** removed, stopped, changed, renamed, stray (not of the stack), edited, added, not in force. */
  readonly what: string;
  /** Old: what the stack says; new: what is on the host. */
  readonly differences: readonly KeyChange[];
  /** Resources that put it right when they are replaced. */
  readonly urns: readonly string[];
}

/** Everything on the host that differs from the stack's state. */
export function compare(declared: Declared, found: Found): Drift[] {
  return [
    ...networks(declared, found),
    ...isolation(found),
    ...containers(declared, found),
    ...routes(declared, found),
    ...files(declared, found),
  ];
}

function networks({ networks: declared, containers: all }: Declared, found: Found): Drift[] {
  return declared.flatMap(({ name, id }): Drift[] => {
    const actual = found.networks.get(name);
    if (actual === id) return [];
    // Docker forgets who was on a network together with the network.
    const members = all.filter(({ inputs }) => containerFacts(inputs).has(`network ${name}`));
    return [
      {
        kind: "network",
        subject: name,
        what: actual === undefined ? "removed" : "made anew",
        differences: [],
        urns: members.filter((one) => found.containers.some(({ Id }) => Id === one.id)).map(({ urn }) => urn),
      },
    ];
  });
}

/** Each `up` sets the rules again, whatever else it does. */
function isolation({ open }: Found): Drift[] {
  if (open.length === 0) return [];
  return [{ kind: "network", subject: "isolation", what: "not in force", differences: [], urns: [] }];
}

function containers({ containers: declared, leftOver }: Declared, found: Found): Drift[] {
  const byId = new Map(found.containers.map((one) => [one.Id, one]));
  const known = new Set([...declared.map(({ id }) => id), ...leftOver]);
  const strays = found.containers.filter(({ Id }) => !known.has(Id));
  return [
    ...declared.flatMap((one): Drift[] => {
      const actual = byId.get(one.id);
      const subject = subjectOf(one);
      // The engine's own look at the host finds out that it is gone.
      if (!actual) return [{ kind: "container", subject, what: "removed", differences: [], urns: [] }];
      const off = found.off.has(labelOf(one.inputs, "owner") ?? "");
      const differences = differencesOf(one, actual, found).filter(({ key }) => !off || key !== "restart");
      const stopped = off && actual.State.Status === "exited";
      const what =
        (stopped ? undefined : stateOf(actual)) ?? (differences.length > 0 ? "changed" : undefined);
      return what === undefined ? [] : [{ kind: "container", subject, what, differences, urns: [one.urn] }];
    }),
    ...strays.map((one): Drift => ({
      kind: "container",
      subject: one.Name.replace(/^\//, ""),
      what: "stray",
      differences: [],
      urns: [],
    })),
  ];
}

function subjectOf({ inputs, name }: DeclaredContainer): string {
  return `${labelOf(inputs, "owner") ?? name}/${labelOf(inputs, "role") ?? "container"}`;
}

function stateOf({ State }: FoundContainer): string | undefined {
  if (State.Status === "running") return undefined;
  return State.Status === "exited" ? `stopped (exit code ${State.ExitCode ?? "unknown"})` : State.Status;
}

/** Keys of which every entry counts, whether the stack names it or not. */
const OPEN = /^(env|label|mount|network|tmpfs) |^(ports|privileged)$/;

function differencesOf(one: DeclaredContainer, actual: FoundContainer, found: Found): KeyChange[] {
  const expected = containerFacts(one.inputs);
  expected.set("privileged", String(one.inputs.privileged === true));
  const facts = foundFacts(actual, found.images.get(actual.Image));
  const comparable = (key: string) => facts.has(key) || OPEN.test(key);
  const name = actual.Name.replace(/^\//, "");
  return [
    ...(name === one.name ? [] : [{ key: "name", old: one.name, new: name }]),
    ...keyChanges(
      new Map([...expected].filter(([key]) => comparable(key))),
      new Map([...facts].filter(([key]) => expected.has(key) || OPEN.test(key))),
    ),
  ];
}

function routes({ routes: declared }: Declared, { current }: Found): Drift[] {
  if (!declared) return [];
  const { generation, urn } = declared;
  const expected = `generation-${generation}`;
  // A generation that was made anew has a number behind its id.
  if (current === expected || current.startsWith(`${expected}.`)) return [];
  return [
    {
      kind: "routes",
      subject: "gateway/conf/current",
      what: current === "" ? "removed" : "changed",
      differences: [{ key: "generation", old: expected, new: current || null }],
      urns: [urn],
    },
  ];
}

/** A public authority's certificate, which changes by itself, is served in place of the own one's (host/routes). */
function served(file: WrittenFile, declared: readonly WrittenFile[], found: Found): WrittenFile {
  const [, site, ending] = /^gateway\/conf\/current\/tls\/(.+)\.(pem|key)$/.exec(file.path) ?? [];
  const asks = declared.some(({ path }) => path === `gateway/conf/current/tls/${site}.key`);
  const given = found.files.get(`gateway/certificates/${site}/${ending === "pem" ? "chain" : "key"}.pem`);
  return asks && given !== undefined ? { ...file, sha256: given } : file;
}

/** Whether a file is of a site that is stopped on purpose: what the program says of such a one need not be what is there. */
function isOfStopped(path: string, { off }: Found): boolean {
  const [, site] =
    /^gateway\/conf\/(?:parts|current\/(?:vhosts|tls|auth|stopped))\/([a-z0-9-]+)(?:[./]|$)/.exec(path) ??
    /^([a-z0-9-]+)\//.exec(path) ??
    [];
  return site !== undefined && off.has(site);
}

/** Folders in which a file that nobody declared has an effect, where all others are declared. */
const CLOSED = ["gateway/conf/current/", ".varvol/bin/"];

function files({ files: declared, routes: switching }: Declared, found: Found): Drift[] {
  const id = found.current.replace(/^generation-/, "");
  const answer = { path: "gateway/conf/current/generation.conf", sha256: sha256(`return 200 "${id}\\n";\n`) };
  const own = switching ? [...declared, { ...answer, urns: [switching.urn] }] : declared;
  const expected = own
    .map((file) => served(file, own, found))
    .filter(({ path }) => !isOfStopped(path, found));
  const known = new Set(expected.map(({ path }) => path));
  const changed = expected.flatMap(({ path, sha256, urns }): Drift[] => {
    const actual = found.files.get(path);
    if (actual === sha256) return [];
    return [
      {
        kind: "file",
        subject: path,
        what: actual === undefined ? "removed" : "edited",
        differences: [],
        urns,
      },
    ];
  });
  const closed = CLOSED.filter((folder) => declared.some(({ path }) => path.startsWith(folder)));
  const added = [...found.files.keys()].filter(
    (path) =>
      closed.some((folder) => path.startsWith(folder)) && !known.has(path) && !isOfStopped(path, found),
  );
  return [
    ...changed,
    ...added.map((path): Drift => ({
      kind: "file",
      subject: path,
      what: "added",
      differences: [],
      urns: path.startsWith("gateway/") && switching ? [switching.urn] : [],
    })),
  ];
}

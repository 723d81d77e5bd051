import { isPinned, labelOf, list, mountsOf, portsOf, record, text } from "../../engine/containerFacts";
import type { ResourceChange } from "../../engine/preview";
import type { PolicyName } from "../../stacks/policies";
import { DUMP_HOURS } from "../up/dataAtRisk";
import type { PlanFacts } from "./facts";
import { majorJump } from "./imageChange";
import { formerName } from "./containers";
import type { PlannedContainer, Verdict } from "./schema";

/** What policies judge. */
export interface Judged {
  readonly changes: readonly ResourceChange[];
  readonly containers: readonly PlannedContainer[];
  readonly facts: PlanFacts;
  /** The volume root so far; undefined where nothing was deployed yet. */
  readonly rootSoFar?: string;
}

type Finding = Pick<Verdict, "subject" | "message">;

interface Policy {
  readonly level: Verdict["level"] | ((facts: PlanFacts) => Verdict["level"]);
  readonly find: (judged: Judged) => Finding[];
}

const CONTAINER = "docker:index/container:Container";

/** Findings for each container that will be there, by its new arguments. */
function eachContainer(
  { changes }: Judged,
  find: (inputs: Readonly<Record<string, unknown>>) => string | undefined,
): Finding[] {
  return changes
    .filter(({ type, action }) => type === CONTAINER && action !== "delete")
    .flatMap((one) => {
      const message = find((one.new ?? one.old)?.inputs ?? {});
      return message === undefined ? [] : [{ subject: one.name, message }];
    });
}

const SOCKET_FOLDERS = ["/", "/run", "/var", "/var/run"];

/** The host's agent, which is root there: with nothing but docker's socket and the volume root, and nobody to speak with. */
function isAgent(inputs: Readonly<Record<string, unknown>>, { volumeRoot }: PlanFacts): boolean {
  const sources = mountsOf(inputs)
    .map(({ source }) => source)
    .sort();
  return (
    labelOf(inputs, "owner") === "agent" &&
    labelOf(inputs, "role") === "agent" &&
    text(inputs.image).startsWith("varvol/agent:") &&
    inputs.networkMode === "none" &&
    portsOf(inputs).length === 0 &&
    JSON.stringify(sources) === JSON.stringify(["/var/run/docker.sock", volumeRoot].sort())
  );
}

const POLICIES: Readonly<Record<PolicyName, Policy>> = {
  "pinned-images": {
    level: "error",
    find: (judged) =>
      eachContainer(judged, ({ image }) =>
        isPinned(text(image))
          ? undefined
          : `the image ${text(image)} may change under its name; give its digest`,
      ),
  },
  "gateway-ports": {
    level: "error",
    find: (judged) =>
      eachContainer(judged, (inputs) => {
        const gatewayRole = labelOf(inputs, "owner") === "gateway" ? labelOf(inputs, "role") : undefined;
        if (inputs.networkMode === "host" && gatewayRole !== "ipv6") return "it is on the host's own network";
        const ports = portsOf(inputs).map(({ external }) => external);
        if (ports.length === 0 || gatewayRole === "net") return undefined;
        return `it publishes ${ports.join(", ")}; only gateway-net may`;
      }),
  },
  "docker-socket": {
    level: "error",
    find: (judged) =>
      eachContainer(judged, (inputs) => {
        if (inputs.privileged === true) return "it is privileged";
        if (isAgent(inputs, judged.facts)) return undefined;
        const mount = mountsOf(inputs).find(
          ({ source }) =>
            /(docker|containerd|podman)\.sock$/.test(source) ||
            SOCKET_FOLDERS.includes(source.replace(/(.)\/+$/, "$1")),
        );
        return mount && `it mounts ${mount.source}, which makes it root on the host`;
      }),
  },
  limits: {
    level: "error",
    find: (judged) =>
      eachContainer(judged, ({ memory }) =>
        typeof memory === "number" && memory > 0 ? undefined : "it has no memory limit",
      ),
  },
  "data-stays": { level: "error", find: findLostData },
  "major-jump": {
    level: "error",
    find: ({ containers, facts }) =>
      containers.flatMap(({ name, image }) => {
        const jump = image && majorJump(image.packages);
        if (!jump || (facts.dumpAge !== undefined && facts.dumpAge < DUMP_HOURS)) return [];
        const dumps = `${facts.volumeRoot}/mysql/dumps`;
        return [
          {
            subject: name,
            message: `MariaDB ${jump.old} -> ${jump.new} converts the data for good, and ${dumps} has no dump of the last 24 hours; see docs/pull-requests.md`,
          },
        ];
      }),
  },
  "backup-schedule": {
    level: ({ backups }) => (backups ? "error" : "warning"),
    find: ({ facts }) => {
      const without = facts.sites.filter(({ scheduled }) => !scheduled).map(({ name }) => name);
      return without.length === 0 ? [] : [{ subject: without.join(", "), message: "no backup is scheduled" }];
    },
  },
};

/** What would be lost, or lie where nothing finds it any more. */
function findLostData({ changes, facts, rootSoFar = facts.volumeRoot }: Judged): Finding[] {
  return changes.flatMap((one): Finding[] => {
    const goes = one.action === "replace" || one.action === "delete";
    const found = (message: string) => [{ subject: one.name, message }];
    if (one.type === CONTAINER && one.action === "replace") {
      const moved = movedData(one, rootSoFar, facts);
      return moved
        ? found(`${moved.old} stays behind: ${moved.target} would be ${moved.new}; move the data first`)
        : [];
    }
    if (!goes) return [];
    switch (one.type) {
      case "docker:index/volume:Volume":
        return found("its data would be deleted");
      case "tls:index/privateKey:PrivateKey":
        return one.action === "replace" ? found("the key would be another: browsers trust the old one") : [];
      case "random:index/randomPassword:RandomPassword": {
        const stays = facts.sites.some(({ name }) => name === one.owner);
        return stays ? found("the password would be another one than the data was made with") : [];
      }
      default:
        return one.type.startsWith("command:") && !isHarmless(one)
          ? found("its deletion runs a command on the host")
          : [];
    }
  });
}

/** The end of a backup schedule removes a timer or a container that holds nothing. */
function isHarmless({ old, parentType }: ResourceChange): boolean {
  return record(old?.inputs).delete === undefined || parentType === "varvol:index:Schedule";
}

function movedData(
  one: ResourceChange,
  root: string,
  facts: PlanFacts,
): { target: string; old: string; new: string } | undefined {
  const after = new Map(mountsOf(one.new?.inputs ?? {}).map((mount) => [mount.target, mount.source]));
  const formerly = formerName(one.old?.inputs ?? {}, one.new?.inputs ?? {}, facts);
  const site = labelOf(one.new?.inputs ?? {}, "owner");
  // What a rename moves.
  const goesAlong = (source: string, now: string): boolean =>
    formerly !== undefined && source === now.replace(`${facts.volumeRoot}/${site}/`, `${root}/${formerly}/`);
  return (
    mountsOf(one.old?.inputs ?? {})
      // What lies below /run is sockets and secrets, which each `up` makes where they are wanted.
      .filter(({ source, target }) => source.startsWith(`${root}/`) && !target.startsWith("/run/"))
      .flatMap(({ target, source }) => {
        const now = after.get(target);
        return now !== undefined && now !== source && !goesAlong(source, now)
          ? [{ target, old: source, new: now }]
          : [];
      })[0]
  );
}

/** What the policies that are not turned off find. */
export function judge(judged: Judged, off: readonly string[]): Verdict[] {
  return Object.entries(POLICIES)
    .filter(([policy]) => !list(off).includes(policy))
    .flatMap(([policy, { level, find }]) =>
      find(judged).map((finding) => ({
        policy,
        level: typeof level === "string" ? level : level(judged.facts),
        ...finding,
      })),
    );
}

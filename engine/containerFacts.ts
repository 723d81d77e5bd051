import { mask } from "../base/words";
import { UNKNOWN } from "./preview";

type Inputs = Readonly<Record<string, unknown>>;

// What the engine adds itself, what follows from another key, and what docker never sees.
const LEFT_OUT = new Set([
  "__defaults",
  "name",
  "memorySwap",
  "containerReadRefreshTimeoutMilliseconds",
  "mustRun",
  "removeVolumes",
  "start",
  "wait",
  "waitTimeout",
  "attach",
  "logs",
]);

/** A container's arguments in words, by key: `memory`, `env NGINX_CONF`, `mount /srv/site` … */
export function containerFacts(inputs: Inputs): Map<string, string> {
  const facts = new Map<string, string>();
  for (const [key, value] of Object.entries(inputs)) {
    if (LEFT_OUT.has(key) || value === null || value === undefined) continue;
    switch (key) {
      case "envs":
        for (const one of list(value)) {
          const [name = "", ...rest] = text(one).split("=");
          facts.set(`env ${name}`, rest.join("="));
        }
        break;
      case "mounts":
        for (const mount of mountsOf(inputs)) {
          facts.set(`mount ${mount.target}`, `${mount.source}${mount.readOnly ? " (read only)" : ""}`);
        }
        break;
      case "networksAdvanced":
        for (const one of records(value)) {
          const aliases = list(one.aliases).map(text).join(", ");
          facts.set(`network ${text(one.name)}`, aliases ? `as ${aliases}` : "joined");
        }
        break;
      // Of no network docker has one of that name; of others a refresh writes the mode beside the networks themselves.
      case "networkMode":
        if (value === "none" || value === "host") facts.set(`network ${value}`, "joined");
        else facts.set(key, text(value));
        break;
      case "labels":
        for (const one of records(value)) facts.set(`label ${text(one.label)}`, text(one.value));
        break;
      case "ports":
        facts.set("ports", inOrder(portsOf(inputs).map(showPort)));
        break;
      case "memory":
        facts.set("memory", `${text(value)} MiB`);
        break;
      case "command":
        facts.set("command", commandFact(list(value).map(text)));
        break;
      case "tmpfs":
        for (const [path, options] of Object.entries(record(value)))
          if (path !== "__defaults") facts.set(`tmpfs ${path}`, text(options));
        break;
      default:
        facts.set(key, text(value));
    }
  }
  return facts;
}

/** A command with an argument a line, so that a change of one shows as that. */
export function commandFact(words: readonly string[]): string {
  return words.join("\n");
}

export interface MountFact {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export function mountsOf(inputs: Inputs): MountFact[] {
  return records(inputs.mounts).map((one) => ({
    source: text(one.source),
    target: text(one.target),
    readOnly: one.readOnly === true,
  }));
}

export interface PortFact {
  readonly ip: string;
  readonly external: string;
  readonly internal: string;
}

export function portsOf(inputs: Inputs): PortFact[] {
  return records(inputs.ports).map((one) => ({
    ip: text(one.ip ?? "0.0.0.0"),
    external: text(one.external ?? "any"),
    internal: text(one.internal),
  }));
}

/** Published ports by the container's own; docker tells them in any order. */
export function inOrder(ports: readonly string[]): string {
  const internal = (port: string) => Number(port.slice(port.lastIndexOf(":") + 1));
  return [...ports].sort((a, b) => internal(a) - internal(b) || (a < b ? -1 : 1)).join(", ");
}

function showPort({ ip, external, internal }: PortFact): string {
  return `${ip.includes(":") ? `[${ip}]` : ip}:${external}:${internal}`;
}

/** The value of one of Varvol's own labels. */
export function labelOf(inputs: Inputs, label: string): string | undefined {
  const found = records(inputs.labels).find((one) => one.label === `varvol.${label}`);
  return found === undefined ? undefined : text(found.value);
}

/** Whether the container owns what only one can have, so that the old one goes before the new one comes. */
export function isExclusive(inputs: Inputs): boolean {
  return inputs.name !== undefined && !list(inputs.__defaults).includes("name");
}

export function text(value: unknown): string {
  if (value === UNKNOWN) return "(known when it runs)";
  if (typeof value === "string") return mask(value);
  if (Array.isArray(value)) return value.map(text).join(", ");
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .filter(([key]) => key !== "__defaults")
    .map(([key, inner]) => `${key} ${text(inner)}`)
    .join(", ");
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

export function records(value: unknown): Readonly<Record<string, unknown>>[] {
  return list(value).map(record);
}

/** Whether an image can't change under its name: named by digest, or one of Varvol's own, whose tag is a hash. */
export function isPinned(image: string): boolean {
  return /@sha256:[0-9a-f]{64}$/.test(image) || /^varvol\/[a-z-]+:[0-9a-f]{12}$/.test(image);
}

import { z } from "zod";
import {
  type Message,
  messageSchema,
  type Request,
  type Schedule as AgentSchedule,
  scheduleSchema,
} from "../agent/protocol";
import { toolPath } from "./hostTools";

/** A tool of host/: how it is called, what it reads, and what it prints where it ends well. */
export interface HostTool<Args, Given = never, Printed = unknown> {
  readonly file: string;
  readonly words: (args: Args) => readonly string[];
  /** Its standard input. */
  readonly input: (given: Given) => string;
  readonly prints: z.ZodType<Printed, string>;
}

function tool<Args, Given, Printed>(declared: HostTool<Args, Given, Printed>): typeof declared {
  return declared;
}

/** One word on a line of its own. */
function word<T>(schema: z.ZodType<T, string>) {
  return z
    .string()
    .transform((text) => text.replace(/\n$/, ""))
    .pipe(schema);
}

/** JSON, a line each. */
function jsonLines<T>(schema: z.ZodType<T>) {
  return z
    .string()
    .transform((text) => text.split("\n").filter(Boolean))
    .transform((lines) => lines.map((line): unknown => JSON.parse(line)))
    .pipe(z.array(schema));
}

const nothing = z.literal("");
const noInput = (): string => "";
const path = z.string().regex(/^\/.+$/s);
const id = z.string().regex(/^[0-9a-f]{64}$/);
const hash = z.string().regex(/^[0-9a-f]{12}$/);

/** A folder of a volume: its octal mode, and uid:gid of its owner. */
interface MadeFolder {
  readonly name: string;
  readonly mode: string;
  readonly owner: string;
}

interface MadeSecret {
  readonly name: string;
  readonly owner: string;
  readonly content: string;
}

/** What of a host can be stopped and started by itself. */
export interface ServiceList {
  /** The label of the host's containers. */
  readonly label: string;
  readonly services: readonly {
    /** Site or module. */
    readonly owner: string;
    /** Where a site is asked. */
    readonly domain: string;
    /** What the host's own service manager calls it; the first of these that nobody else has is its own. */
    readonly names: readonly string[];
  }[];
}

/** How to tell that a container serves; of `http` the container to ask from, and the name, port and domain to ask for. */
export type ProbeArgs =
  | { readonly by: "running" | "exec" }
  | {
      readonly by: "http";
      readonly from: string;
      readonly name: string;
      readonly port: number;
      readonly domain: string;
      /** Ports to ask from, as FIRST-LAST. */
      readonly sources: string;
    };

export const volume = tool({
  file: "volume",
  words: (args: { readonly path: string }) => [args.path],
  input: (given: { readonly folders: readonly MadeFolder[]; readonly secrets?: readonly MadeSecret[] }) =>
    lines([
      ...given.folders.map(({ name, mode, owner }) => `dir ${name} ${mode} ${owner}`),
      ...(given.secrets ?? []).map(
        ({ name, owner, content }) => `secret ${name} ${owner} ${base64(content)}`,
      ),
    ]),
  prints: word(path),
});

export const gate = tool({
  file: "gate",
  words: ({
    container,
    timeout,
    pids,
    probe,
  }: {
    readonly container: string;
    /** Seconds. */
    readonly timeout: number;
    readonly pids: number;
    readonly probe: ProbeArgs;
  }) => [
    ...[container, String(timeout), String(pids), probe.by],
    ...(probe.by === "http" ? [probe.from, probe.name, String(probe.port), probe.domain, probe.sources] : []),
  ],
  input: noInput,
  prints: word(id),
});

export const mark = tool({
  file: "mark",
  /** The hash is the new container's: with another one it is set again. */
  words: (args: { readonly owner: string; readonly container: string; readonly hash: string }) => [
    ...[args.owner, args.container, args.hash],
  ],
  input: noInput,
  prints: word(z.string().min(1)),
});

export const vhost = tool({
  file: "vhost",
  words: (args: { readonly part: string; readonly hash: string }) => [args.part, args.hash],
  /** The part's files by name. */
  input: (files: Readonly<Record<string, string>>) =>
    lines(Object.entries(files).map(([file, text]) => `${file} ${base64(text)}`)),
  prints: word(hash),
});

export const routes = tool({
  file: "routes",
  /** Without a container a first generation is made, and nothing reloaded. */
  words: (args: { readonly generation: string; readonly container?: string }) => [
    args.generation,
    ...(args.container === undefined ? [] : [args.container]),
  ],
  input: (parts: readonly { readonly name: string; readonly hash: string }[]) =>
    lines(parts.map((part) => `${part.name} ${part.hash}`)),
  prints: z.union([nothing, word(hash)]),
});

export const database = tool({
  file: "database",
  words: (args: {
    readonly container: string;
    readonly name: string;
    readonly connections: number;
    /** How long a statement may run unless its session says otherwise. */
    readonly seconds: number;
  }) => [args.container, args.name, String(args.connections), String(args.seconds)],
  input: (password: string) => password,
  prints: word(z.string().min(1)),
});

export const migrate = tool({
  file: "migrate",
  words: (args: {
    readonly php: string;
    readonly mysql: string;
    readonly site: string;
    /** Those that the site has from now on, for a rollback to know those of before. Defaults to noting none. */
    readonly domains?: readonly string[];
  }) => [args.php, args.mysql, args.site, ...(args.domains ?? [])],
  input: noInput,
  /** The dump from before, where something was due. */
  prints: z.union([nothing, word(path.endsWith(".sql.gz"))]),
});

export const phpSwitch = tool({
  file: "php-switch",
  words: ({ folder, container, wait }: { folder: string; container: string; wait?: number }) => [
    ...[folder, container],
    ...(wait === undefined ? [] : [String(wait)]),
  ],
  input: noInput,
  /** What the link leads to. */
  prints: word(z.string().regex(/^php\/php-[0-9a-f]{12}\.sock$/)),
});

export const schedule = tool({
  file: "schedule",
  words: (args: { readonly verb: "write" | "remove"; readonly unit: string }) => [args.verb, args.unit],
  input: (given: AgentSchedule) => JSON.stringify(scheduleSchema.parse(given)),
  prints: nothing,
});

export const receive = tool({
  file: "receive",
  words: (args: { readonly path: string; readonly kind: "folder" | "file" }) => [args.path, args.kind],
  input: noInput,
  prints: nothing,
});

export const firewall = tool({
  file: "firewall",
  words: (args: { readonly verb: "write" | "apply" | "restore" | "check" | "remove" }) => [args.verb],
  /** Rules, a line each. */
  input: (rules: readonly string[]) => lines(rules),
  /** The hash of what it has written; what is not in force, a line each. */
  prints: z.string(),
});

export const service = tool({
  file: "service",
  words: (
    args:
      | { readonly verb: "write" | "apply" | "remove" | "keep" }
      | { readonly verb: "stop" | "start"; readonly owner: string },
  ) => ("owner" in args ? [args.verb, args.owner] : [args.verb]),
  input: ({ label, services }: ServiceList) =>
    lines([
      `host ${label}`,
      ...services.map(({ owner, domain, names }) => [owner, domain, ...names].join(" ")),
    ]),
  /** Of names that are somebody else's: the site or module, and the name; what had to be stopped again. A line each. */
  prints: z.string(),
});

export const wireguard = tool({
  file: "wireguard",
  words: (args: { readonly verb: "write" | "up" | "check" | "remove" }) => [args.verb],
  input: (given: {
    /** The host's private key, and the control node's public one. */
    readonly key: string;
    readonly peer: string;
    /** The host's address with its bits, and the control node's. */
    readonly address: string;
    readonly other: string;
    readonly port: number;
    readonly mtu: number;
  }) => lines(Object.entries(given).map(([name, value]) => `${name} ${value}`)),
  /** What is lacking, a line each. */
  prints: z.string(),
});

export const purge = tool({
  file: "purge",
  words: (args: { readonly name: string; readonly label: string; readonly mysql: string }) => [
    ...[args.name, args.label, args.mysql],
  ],
  input: noInput,
  prints: jsonLines(z.strictObject({ deleted: z.enum(["database", "folder"]) })),
});

export const keepLogs = tool({
  file: "keep-logs",
  words: (args: { readonly label: string; readonly owner?: string }) => [
    args.label,
    ...(args.owner === undefined ? [] : [args.owner]),
  ],
  input: noInput,
  prints: nothing,
});

export const sql = tool({
  file: "sql",
  words: (args: { readonly mysql: string; readonly site: string; readonly options?: readonly string[] }) => [
    ...[args.mysql, args.site, ...(args.options ?? [])],
  ],
  /** Statements, where it has no terminal. */
  input: (statements: string) => statements,
  /** What the client prints. */
  prints: z.string(),
});

export const agent = tool({
  file: "agent",
  words: (args: {
    readonly job: Request["job"];
    readonly namespace: string;
    /** Defaults to the one that the host's backups were set up with. */
    readonly image?: string;
    /** A file or folder of the host that the job reads. */
    readonly source?: string;
  }) => [
    ...[args.job, args.namespace, args.image ?? "-"],
    ...(args.source === undefined ? [] : [args.source]),
  ],
  input: (request: Request) => `${JSON.stringify(request)}\n`,
  prints: jsonLines<Message>(messageSchema),
});

export const deployKey = tool({
  file: "deploy-key",
  words: (args: {
    /** In the volume of the site. */
    readonly folder: string;
    /** One with ssh-keygen in it. */
    readonly image: string;
    readonly comment: string;
  }) => [args.folder, args.image, args.comment],
  input: noInput,
  /** The public half. */
  prints: word(z.string().regex(/^ssh-ed25519 \S+ \S+$/)),
});

export const through = tool({
  file: "through",
  words: (args: { readonly socket: string; readonly command: readonly string[] }) => [
    ...[args.socket, ...args.command],
  ],
  input: noInput,
  prints: z.string(),
});

/** Every tool. */
export const TOOLS = {
  ...{
    volume,
    gate,
    mark,
    vhost,
    routes,
    database,
    migrate,
    phpSwitch,
    keepLogs,
    schedule,
    receive,
    purge,
    sql,
    agent,
  },
  ...{ through, deployKey, firewall, service, wireguard },
};

/** A tool and what it is given, as `through` wants them. */
export function toolWords<Args>({ file, words }: HostTool<Args>, args: Args): string[] {
  return [file, ...words(args)];
}

/** The words that run a tool on a host. */
export function toolCommand<Args>(volumeRoot: string, { file, words }: HostTool<Args>, args: Args): string[] {
  return [toolPath(volumeRoot, file), ...words(args)];
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

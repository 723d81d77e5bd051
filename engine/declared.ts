import { createHash } from "node:crypto";
import { z } from "zod";
import { record, text } from "./containerFacts";

const resource = z.object({
  urn: z.string(),
  type: z.string(),
  id: z.string().optional(),
  delete: z.boolean().optional(),
  inputs: z.record(z.string(), z.unknown()).default({}),
  outputs: z.record(z.string(), z.unknown()).default({}),
});

/** The parts of `pulumi stack export` that say what was put on the host. */
export const exportSchema = z.object({ deployment: z.object({ resources: z.array(resource).default([]) }) });

type Resource = z.infer<typeof resource>;

/** A container as it was created. */
export interface DeclaredContainer {
  readonly urn: string;
  readonly id: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** A file that a command wrote, by the hash of its content. */
export interface DeclaredFile {
  /** Below the volume root. */
  readonly path: string;
  readonly sha256: string;
  /** The commands that write it again. */
  readonly urns: readonly string[];
}

/** What the stack's state says is on the host. */
export interface Declared {
  readonly containers: readonly DeclaredContainer[];
  /** Earlier generations that an interrupted update has yet to delete, by id. */
  readonly leftOver: readonly string[];
  readonly networks: readonly { readonly id: string; readonly name: string }[];
  readonly files: readonly DeclaredFile[];
  /** The generation of routes, and the command that switches to it. */
  readonly routes?: { readonly generation: string; readonly urn: string };
}

// How the engine wraps a secret in an export that shows them.
const SECRET = "4dabf18193072939515e22adb298388d";

/** Reads an export of the stack, with its secrets: files are compared by hash only. */
export function declaredBy(exported: z.infer<typeof exportSchema>, volumeRoot: string): Declared {
  const all = exported.deployment.resources;
  const live = all.filter((one) => !one.delete);
  const of = (type: string, from = live) => from.filter((one) => one.type === type);
  const commands = live.filter(({ type }) => type.startsWith("command:"));
  return {
    containers: of("docker:index/container:Container").map((one) => ({
      urn: one.urn,
      id: one.id ?? "",
      name: text(one.outputs.name ?? one.inputs.name),
      inputs: one.inputs,
    })),
    leftOver: of(
      "docker:index/container:Container",
      all.filter((one) => one.delete),
    ).map(({ id = "" }) => id),
    networks: of("docker:index/network:Network").map((one) => ({
      id: one.id ?? "",
      name: text(one.inputs.name),
    })),
    ...writtenBy(commands, volumeRoot),
  };
}

interface Call {
  readonly urn: string;
  readonly tool: string;
  readonly args: readonly string[];
  readonly stdin: string;
}

function writtenBy(commands: readonly Resource[], volumeRoot: string): Pick<Declared, "files" | "routes"> {
  const calls = commands.map((one) => callOf(one, volumeRoot));
  const switching = calls.find(({ tool, args }) => tool === "routes" && args.length > 1);
  const manifest = switching?.stdin ?? "";
  const files: DeclaredFile[] = [];
  const add = (path: string, content: Buffer | string, ...urns: string[]) =>
    files.push({ path, sha256: sha256(content), urns });
  for (const { urn, tool, args, stdin } of calls) {
    const lines = stdin.split("\n").map((line) => line.split(" "));
    if (tool === "vhost") {
      const [part = "", hash = ""] = args;
      if (!switching || !manifest.split("\n").includes(`${part} ${hash}`)) continue;
      for (const [file = "", content = ""] of lines.filter(([file]) => file)) {
        add(`gateway/conf/parts/${part}.${hash}/${file}`, Buffer.from(content, "base64"), urn, switching.urn);
        add(`gateway/conf/current/${file}`, Buffer.from(content, "base64"), switching.urn);
      }
    } else if (tool === "volume") {
      const folder = (args[0] ?? "").slice(volumeRoot.length + 1);
      for (const [verb, file = "", , content = ""] of lines)
        if (verb === "secret") add(`${folder}/${file}`, Buffer.from(content, "base64"), urn);
    } else if (tool === "install") {
      for (const [, file = "", content = ""] of stdin.matchAll(HEREDOC))
        add(`.varvol/bin/${file}`, content, urn);
    }
  }
  if (!switching) return { files };
  add("gateway/conf/current/manifest", withLineEnd(manifest), switching.urn);
  return { files, routes: { generation: switching.args[0] ?? "", urn: switching.urn } };
}

export function sha256(content: Buffer | string): string {
  return createHash("sha256").update(content).digest("hex");
}

// The shell's $(cat) takes the line ends away, and its printf puts one back.
function withLineEnd(textual: string): string {
  return `${textual.replace(/\n+$/, "")}\n`;
}

const HEREDOC = /^cat > \.(.+)\.new <<'VARVOL_END'\n([\s\S]*?)^VARVOL_END$/gm;

function callOf({ urn, inputs }: Resource, volumeRoot: string): Call {
  const words = shellWords(reveal(inputs.create)).filter((word) => word !== "sudo" && word !== "-n");
  const bin = `${volumeRoot}/.varvol/bin/`;
  const [command = "", ...args] = words;
  const stdin = reveal(inputs.stdin);
  if (command.startsWith(bin)) return { urn, tool: command.slice(bin.length), args, stdin };
  return {
    urn,
    tool: command === "sh" && stdin.includes(`cd ${volumeRoot}/.varvol/bin`) ? "install" : "",
    args,
    stdin,
  };
}

/** The words of a command line as `shellCommand` puts them together. */
export function shellWords(line: string): string[] {
  return [...line.matchAll(/(?:'[^']*'|\\'|[^\s'])+/g)].map(([word]) =>
    word.replaceAll(
      /'([^']*)'|\\(')/g,
      (_, quoted: string | undefined, escaped: string | undefined) => quoted ?? escaped ?? "",
    ),
  );
}

function reveal(value: unknown): string {
  if (typeof value === "string") return value;
  const secret = record(value);
  if (!(SECRET in secret) || typeof secret.plaintext !== "string") return "";
  const plain: unknown = JSON.parse(secret.plaintext);
  return typeof plain === "string" ? plain : "";
}

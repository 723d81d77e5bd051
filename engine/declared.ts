import { z } from "zod";
import { type WrittenFile, writtenFiles } from "../components/written";
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

export type Exported = z.infer<typeof exportSchema>;

type Resource = z.infer<typeof resource>;

/** A container as it was created. */
export interface DeclaredContainer {
  readonly urn: string;
  readonly id: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** What the stack's state says is on the host. */
export interface Declared {
  readonly containers: readonly DeclaredContainer[];
  /** Earlier generations that an interrupted update has yet to delete, by id. */
  readonly leftOver: readonly string[];
  readonly networks: readonly { readonly id: string; readonly name: string }[];
  readonly files: readonly WrittenFile[];
  /** The generation of routes, and the command that switches to it. */
  readonly routes?: { readonly generation: string; readonly urn: string };
}

/** The key by which the engine marks a secret. */
export const SECRET = "4dabf18193072939515e22adb298388d";

/** Reads an export of the stack, with its secrets: files are compared by hash only. */
export function declaredBy(exported: Exported): Declared {
  const all = exported.deployment.resources;
  const live = all.filter((one) => !one.delete);
  const of = (type: string, from = live) => from.filter((one) => one.type === type);
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
    ...writtenBy(live),
  };
}

/** What components say that they wrote, and that commands in the state still stand for. */
function writtenBy(live: readonly Resource[]): Pick<Declared, "files" | "routes"> {
  const known = new Set(live.map(({ urn }) => urn));
  const components = live.filter(({ type }) => type.startsWith("varvol:"));
  const files = components.flatMap(({ outputs }) => writtenFiles(reveal(outputs.written ?? [])));
  const routes = components.find(({ type }) => type === "varvol:index:Routes")?.outputs;
  const [generation, urn] = [routes?.generation, routes?.switchedBy].map((one) => text(reveal(one)));
  return {
    files: files.filter(({ urns }) => urns.every((one) => known.has(one))),
    ...(generation && urn && known.has(urn) && { routes: { generation, urn } }),
  };
}

function reveal(value: unknown): unknown {
  const secret = record(value);
  return SECRET in secret && typeof secret.plaintext === "string" ? JSON.parse(secret.plaintext) : value;
}

import { z } from "zod";

/** What the engine prints for a value that only the update itself will know. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const state = z.object({
  type: z.string(),
  id: z.string().optional(),
  parent: z.string().optional(),
  delete: z.boolean().optional(),
  inputs: z.record(z.string(), z.unknown()).default({}),
  outputs: z.record(z.string(), z.unknown()).default({}),
});

const step = z.object({
  op: z.string(),
  urn: z.string(),
  oldState: state.nullish(),
  newState: state.nullish(),
  replaceReasons: z.array(z.string()).nullish(),
  diffReasons: z.array(z.string()).nullish(),
});

/** The parts of `pulumi preview --json --show-sames --show-replacement-steps` that a plan is made of. */
export const previewSchema = z.object({ steps: z.array(step).default([]) });

export type PreviewState = z.infer<typeof state>;
export type PreviewStep = z.infer<typeof step>;
export type Preview = z.infer<typeof previewSchema>;

/** What becomes of one resource. */
export interface ResourceChange {
  readonly urn: string;
  readonly type: string;
  /** The resource's name: the last part of its URN. */
  readonly name: string;
  /** The type of what it is a part of; undefined for what the program itself makes. */
  readonly parentType?: string;
  /** Name of the site or module that it is a part of: the outermost component around it. */
  readonly owner?: string;
  readonly action: "keep" | "update" | "create" | "replace" | "delete";
  readonly old?: PreviewState;
  readonly new?: PreviewState;
  /** Properties that force a replacement, as the engine names them. */
  readonly reasons: readonly string[];
  /** An earlier generation that an interrupted update left behind. */
  readonly leftOver?: boolean;
}

/** The engine's steps, one entry a resource. */
export function resourceChanges(preview: Preview): ResourceChange[] {
  const byUrn = new Map<string, PreviewStep[]>();
  // A look at the host comes first where it was asked for; what follows from it has steps of its own.
  for (const one of preview.steps.filter(({ op }) => op !== "refresh"))
    byUrn.set(one.urn, [...(byUrn.get(one.urn) ?? []), one]);
  const parents = new Map(
    preview.steps.map(({ urn, oldState, newState }) => [urn, (newState ?? oldState)?.parent]),
  );
  const replaced = new Set(
    preview.steps.flatMap(({ op, oldState }) => (isReplacement(op) && oldState?.id ? [oldState.id] : [])),
  );
  return [...byUrn].flatMap(([urn, steps]) => {
    const owner = ownerOf(urn, parents);
    return changesOf(urn, steps, replaced).map((one) => ({ ...one, ...(owner !== undefined && { owner }) }));
  });
}

/** The name of the component around a resource that the program itself makes. */
function ownerOf(urn: string, parents: ReadonlyMap<string, string | undefined>): string | undefined {
  const parent = parents.get(urn);
  if (parent === undefined) return undefined;
  return isStack(parent) ? nameIn(urn) : ownerOf(parent, parents);
}

function isStack(urn: string): boolean {
  return urn.split("::")[2] === "pulumi:pulumi:Stack";
}

function nameIn(urn: string): string {
  return urn.split("::").pop() ?? urn;
}

function isReplacement(op: string): boolean {
  return op === "create-replacement" || op === "replace";
}

function changesOf(
  urn: string,
  steps: readonly PreviewStep[],
  allReplaced: ReadonlySet<string>,
): ResourceChange[] {
  const replaced = steps.find(({ op }) => isReplacement(op));
  const gone = steps.filter(({ op }) => op === "delete-replaced");
  // What this very update replaces has a deletion of its own, under the name that it had; any other one is of an earlier
  // update.
  const leftOver = gone.filter(
    ({ oldState }) =>
      (!replaced || oldState?.id !== replaced.oldState?.id) && !allReplaced.has(oldState?.id ?? ""),
  );
  const main = replaced ?? steps.find(({ op }) => op !== "delete-replaced");
  return [
    ...(main ? [change(urn, main, actionOf(main.op))] : []),
    ...leftOver.map((one) => ({ ...change(urn, one, "delete"), leftOver: true })),
  ];
}

function change(urn: string, one: PreviewStep, action: ResourceChange["action"]): ResourceChange {
  const { oldState, newState } = one;
  // A URN's third part has the types of all components around a resource, the outermost first.
  const [type = "", parentType] = (urn.split("::")[2] ?? "").split("$").reverse();
  return {
    urn,
    type: oldState?.type ?? newState?.type ?? type,
    name: nameIn(urn),
    ...(parentType !== undefined && { parentType }),
    action,
    ...(oldState && action !== "create" && { old: oldState }),
    ...(newState && action !== "delete" && { new: newState }),
    reasons: one.replaceReasons ?? one.diffReasons ?? [],
  };
}

function actionOf(op: string): ResourceChange["action"] {
  switch (op) {
    case "create":
    case "import":
      return "create";
    case "create-replacement":
    case "replace":
      return "replace";
    case "delete":
      return "delete";
    case "update":
      return "update";
    default:
      return "keep";
  }
}

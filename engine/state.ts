/** What is read of a resource in the engine's state. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  /** What it is a part of. */
  readonly parent?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  /** Its replacement is there; it waits for its deletion. */
  readonly delete?: boolean;
}

/** A stack's state, as the engine exports it. What isn't named here is kept as it is. */
export interface Deployment {
  readonly manifest: { readonly time: string };
  readonly resources?: readonly StateResource[];
  readonly pending_operations?: readonly { readonly resource: StateResource; readonly type: string }[];
}

export const CONTAINER = "docker:index/container:Container";
export const NETWORK = "docker:index/network:Network";

/** The state in a file of the file backend; undefined where the file is no whole one. */
export function parseCheckpoint(text: string): Deployment | undefined {
  try {
    const { checkpoint } = JSON.parse(text) as {
      checkpoint?: { stack?: string; latest?: Deployment | null };
    };
    if (!checkpoint?.stack) return undefined;
    // A stack that was never brought up has none.
    return checkpoint.latest ?? { manifest: { time: "" } };
  } catch {
    return undefined;
  }
}

/** Resources that stand for something outside of the state. */
export function realResources(deployment: Deployment): StateResource[] {
  return (deployment.resources ?? []).filter(
    ({ type, id }) => id !== undefined && !type.startsWith("pulumi:"),
  );
}

/** A resource's name in the program. */
export function nameOf({ urn }: Pick<StateResource, "urn">): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { exportSchema, type Exported, SECRET } from "../../engine/declared";

/** A resource as the program asked for it. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

/** Runs the program of a stack under Pulumi's mocks and gives everything that it registered. */
export async function render(
  stack: string,
  config: Record<string, unknown>,
  options: { preview?: boolean; inStack?: boolean } = {},
): Promise<Registered[]> {
  const registered: Registered[] = [];
  await pulumi.runtime.setMocks(
    {
      call: ({ inputs }) => inputs,
      newResource: ({ type, name, inputs }) => {
        registered.push({ type, name, inputs: inputs as Record<string, unknown> });
        return {
          id: options.preview ? undefined : `${name}-id`,
          state: { ...inputs, ...computed(type, name, inputs as Record<string, unknown>) },
        };
      },
    },
    "varvol",
    stack,
    options.preview ?? false,
  );
  pulumi.runtime.setAllConfig(
    Object.fromEntries(
      Object.entries(config).map(([key, value]) => [
        `varvol:${key}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  );
  // Transformations are the stack's own, and as a library the program has none.
  if (options.inStack) await pulumi.runtime.runInPulumiStack(() => Promise.resolve({}));
  const program = require.resolve("../../index");
  delete require.cache[program];
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a fresh run of the program for each stack
  require(program);
  await pulumi.runtime.disconnect();
  return registered;
}

/** How a resource stands in the state, beside what it is asked for with. */
export interface Placed {
  readonly name: string;
  readonly type: string;
  /** Names that it had. */
  readonly aliases: readonly string[];
  /** Names of what comes before it. */
  readonly after: readonly string[];
}

/** The same as `render`, with what the engine is told of each resource's place. */
export async function renderPlaced(stack: string, config: Record<string, unknown>): Promise<Placed[]> {
  const placed: Placed[] = [];
  const register = Reflect.get(MockMonitor.prototype, "registerResource") as Register;
  const nameOf = (urn: string) => urn.split("::").at(-1) ?? urn;
  MockMonitor.prototype.registerResource = function (this: MockMonitor, ...call: Parameters<Register>) {
    const [request] = call;
    placed.push({
      ...{ name: request.getName(), type: request.getType() },
      aliases: request.getAliasesList().map((alias) => alias.getSpec()?.getName() ?? alias.getUrn()),
      after: request.getDependenciesList().map(nameOf),
    });
    return register.apply(this, call);
  };
  try {
    await render(stack, config, { inStack: true });
  } finally {
    MockMonitor.prototype.registerResource = register;
  }
  return placed;
}

interface Request {
  getName(): string;
  getType(): string;
  getAliasesList(): { getSpec(): { getName(): string } | undefined; getUrn(): string }[];
  getDependenciesList(): string[];
}
type Register = (
  request: Request,
  callback: (error: Error | null, answer?: unknown) => void,
) => Promise<void>;

/** The state that the last `render` came to, with what components registered as their outputs. */
export function renderedState(): Exported {
  const monitor = pulumi.runtime.getMonitor();
  if (!(monitor instanceof MockMonitor)) throw new Error("nothing was rendered");
  const resources = [...monitor.getRegisteredResources().values()].map(({ urn, id, state }) => ({
    urn,
    type: urn.split("::")[2]?.split("$").at(-1) ?? "",
    ...(id && { id }),
    outputs: state instanceof Struct ? state.toJavaScript() : state,
  }));
  const text = JSON.stringify({ deployment: { resources } });
  return exportSchema.parse(JSON.parse(text, asExported));
}

// On the wire a secret has its value beside, in an export the text of that.
function asExported(_: string, value: unknown): unknown {
  const isSecret = typeof value === "object" && value !== null && SECRET in value && "value" in value;
  return isSecret ? { [SECRET]: value[SECRET], plaintext: JSON.stringify(value.value) } : value;
}

// What the real providers would compute.
function computed(type: string, name: string, inputs: Record<string, unknown>): Record<string, unknown> {
  if (type === "docker:index/container:Container") return { name: inputs.name ?? `${name}-1a2b3c4` };
  if (type.startsWith("command:")) return { stdout: type.endsWith("Command") ? `${name}-stdout` : undefined };
  if (type === "random:index/randomPassword:RandomPassword") return { result: `${name}-password` };
  if (type.startsWith("tls:"))
    return { privateKeyPem: `${name}-pem`, certPem: `${name}-pem`, certRequestPem: `${name}-pem` };
  return {};
}

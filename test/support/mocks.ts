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
  options: { preview?: boolean } = {},
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
  const program = require.resolve("../../index");
  delete require.cache[program];
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a fresh run of the program for each stack
  require(program);
  await pulumi.runtime.disconnect();
  return registered;
}

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

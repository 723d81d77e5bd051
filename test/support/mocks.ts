import * as pulumi from "@pulumi/pulumi";

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

// What the real providers would compute.
function computed(type: string, name: string, inputs: Record<string, unknown>): Record<string, unknown> {
  if (type === "docker:index/container:Container") return { name: inputs.name ?? `${name}-1a2b3c4` };
  if (type.startsWith("command:")) return { stdout: type.endsWith("Command") ? `${name}-stdout` : undefined };
  if (type === "random:index/randomPassword:RandomPassword") return { result: `${name}-password` };
  if (type.startsWith("tls:"))
    return { privateKeyPem: `${name}-pem`, certPem: `${name}-pem`, certRequestPem: `${name}-pem` };
  return {};
}

import * as pulumi from "@pulumi/pulumi";
import { type HostConfig, resolveConfig } from "./config";
import { checkConfig } from "./problems";

/** Reads the stack's keys under `varvol:`. The only place that does. Throws ConfigError. */
export function readConfig(): HostConfig {
  const prefix = `${pulumi.getProject()}:`;
  const raw: Record<string, unknown> = {};
  for (const [key, text] of Object.entries(pulumi.runtime.allConfig())) {
    if (key.startsWith(prefix)) raw[key.slice(prefix.length)] = plain(text);
  }
  const stack = pulumi.getStack();
  return resolveConfig(stack, checkConfig(stack, raw));
}

// Pulumi hands structured values over as JSON text and plain ones as themselves.
function plain(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

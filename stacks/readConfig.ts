import * as pulumi from "@pulumi/pulumi";
import { type HostConfig, resolveConfig } from "./config";
import { checkConfig } from "./problems";
import { valuesOf } from "./rawConfig";

/** Reads the stack's keys under `varvol:`. The only place that does. Throws ConfigError. */
export function readConfig(): HostConfig {
  const stack = pulumi.getStack();
  return resolveConfig(stack, checkConfig(stack, valuesOf(pulumi.runtime.allConfig(), pulumi.getProject())));
}

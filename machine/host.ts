import type { Result, RunOptions } from "../base/exec";
import { Machine } from "./machine";
import type { SshArgs } from "./ssh";

/** What says which machine a host is: another one, or this. */
export interface OfHost {
  readonly ssh?: SshArgs;
}

/** The machine that is a stack's host. */
export function machineOf({ ssh }: OfHost): Machine {
  return ssh ? new Machine(ssh) : Machine.here;
}

/** Runs a command as root on the stack's host. */
export function onHost(host: OfHost, command: readonly string[], options?: RunOptions): Promise<Result> {
  return machineOf(host).run(command, options);
}

/** Runs a shell script as root on the stack's host and gives what it prints. */
export function scriptOnHost(host: OfHost, script: string, args?: readonly string[]): Promise<string> {
  return machineOf(host).script(script, args);
}

/** The host as an error names it. */
export function hostName(host: OfHost): string {
  return machineOf(host).name;
}

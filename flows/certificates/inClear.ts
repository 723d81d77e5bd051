import { say } from "../../base/output";
import type { Stack } from "../../engine/stack";
import { isInClear } from "../../engine/stackFile";
import type { HostConfig } from "../../stacks/config";

/** Tells of keys and credentials that anyone reads who sees the stack file, or the history that the engine keeps of it. */
export function sayKeysInClear({ config, file }: Pick<Stack, "config" | "file">): void {
  for (const key of keysInClear(config, file))
    say(`! ${key} stands in clear text in ${file}; encrypt it: pulumi config set --secret --path '${key}'`);
}

/** Of what an authority or a DNS provider is asked with. */
export function keysInClear({ acme: { eab, dns } }: Pick<HostConfig, "acme">, file: string): string[] {
  return [
    ...(eab ? [["eab", "hmac"]] : []),
    ...Object.keys(dns?.credentials ?? {}).map((name) => ["dns", "credentials", name]),
  ]
    .filter((where) => isInClear(file, ["acme", ...where]))
    .map((where) => `varvol:acme.${where.join(".")}`);
}

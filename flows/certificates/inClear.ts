import { say } from "../../base/output";
import type { Stack } from "../../engine/stack";
import { isInClear } from "../../engine/stackFile";
import type { HostConfig } from "../../stacks/config";

/** Tells of keys and credentials that anyone reads who sees the stack file, or the history that the engine keeps of it. */
export function sayKeysInClear({ config, file }: Pick<Stack, "config" | "file">): void {
  for (const key of keysInClear(config, file))
    say(`! ${key} stands in clear text in ${file}; encrypt it: pulumi config set --secret --path '${key}'`);
}

/** Of what an authority or a DNS provider is asked with, and of addresses that hold who is told and a password. */
export function keysInClear(
  { acme: { eab, dns }, notify }: Pick<HostConfig, "acme" | "notify">,
  file: string,
): string[] {
  const addresses = (notify?.to ?? []).filter((to) => "apprise" in to);
  const all: [string, ...(string | number)[]][] = [
    ...(eab ? [["acme", "eab", "hmac"] as [string, string, string]] : []),
    ...Object.keys(dns?.credentials ?? {}).map((name): [string, ...string[]] => [
      "acme",
      "dns",
      "credentials",
      name,
    ]),
    ...addresses.map((_, i): [string, string, number] => ["notify", "apprise", i]),
  ];
  return all
    .filter((where) => isInClear(file, where))
    .map(
      ([key, ...where]) =>
        `varvol:${key}${where.map((part) => (typeof part === "number" ? `[${part}]` : `.${part}`)).join("")}`,
    );
}

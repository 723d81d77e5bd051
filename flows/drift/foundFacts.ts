import { mask } from "../../base/words";
import { commandFact, inOrder } from "../../engine/containerFacts";
import type { FoundContainer, FoundImage } from "./found";

/** A container on the host in the words of a plan's containerFacts, so that the two compare key by key. */
export function foundFacts(container: FoundContainer, image: FoundImage | undefined): Map<string, string> {
  const { Config, HostConfig, NetworkSettings } = container;
  const facts = new Map<string, string>([
    ["image", Config.Image],
    ["user", Config.User ?? ""],
    ["command", commandFact(Config.Cmd ?? [])],
    ["memory", HostConfig.Memory === 0 ? "no limit" : `${Math.round(HostConfig.Memory / 2 ** 20)} MiB`],
    ["readOnly", String(HostConfig.ReadonlyRootfs)],
    ["privileged", String(HostConfig.Privileged)],
    ["restart", HostConfig.RestartPolicy.Name || "no"],
    ["securityOpts", (HostConfig.SecurityOpt ?? []).join(", ")],
    ["capabilities", capabilities(HostConfig)],
    ["stopSignal", Config.StopSignal ?? ""],
    ["stopTimeout", String(Config.StopTimeout ?? "")],
    ["logDriver", HostConfig.LogConfig.Type],
    [
      "logOpts",
      entries(HostConfig.LogConfig.Config)
        .map(([key, value]) => `${key} ${value}`)
        .join(", "),
    ],
  ]);
  const own = new Set(image?.Config.Env ?? []);
  for (const one of Config.Env ?? []) {
    const [name = "", ...rest] = one.split("=");
    // Masked as what it is compared with: an address in it may have a password.
    if (!own.has(one)) facts.set(`env ${name}`, mask(rest.join("=")));
  }
  for (const [label, value] of entries(Config.Labels)) {
    if (image?.Config.Labels?.[label] !== value) facts.set(`label ${label}`, value);
  }
  for (const { Source, Target, ReadOnly } of HostConfig.Mounts ?? []) {
    facts.set(`mount ${Target}`, `${Source}${ReadOnly ? " (read only)" : ""}`);
  }
  for (const [path, options] of entries(HostConfig.Tmpfs)) facts.set(`tmpfs ${path}`, options);
  for (const [name, { Aliases }] of Object.entries(NetworkSettings.Networks ?? {})) {
    // Docker itself adds the container's short id.
    const aliases = (Aliases ?? []).filter((alias) => !container.Id.startsWith(alias)).sort();
    facts.set(`network ${name}`, aliases.length > 0 ? `as ${aliases.join(", ")}` : "joined");
  }
  const ports = Object.entries(HostConfig.PortBindings ?? {}).flatMap(([port, bindings]) =>
    (bindings ?? []).map(
      ({ HostIp, HostPort }) =>
        `${HostIp.includes(":") ? `[${HostIp}]` : HostIp || "0.0.0.0"}:${HostPort}:${port.replace(/\/tcp$/, "")}`,
    ),
  );
  if (ports.length > 0) facts.set("ports", inOrder(ports));
  return facts;
}

function capabilities({ CapAdd, CapDrop }: FoundContainer["HostConfig"]): string {
  const parts = [
    ["adds", CapAdd],
    ["drops", CapDrop],
  ] as const;
  return parts
    .filter(([, names]) => names && names.length > 0)
    .map(([key, names]) => `${key} ${(names ?? []).join(", ")}`)
    .join(", ");
}

function entries(values: Readonly<Record<string, string>> | null | undefined): [string, string][] {
  return Object.entries(values ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
}

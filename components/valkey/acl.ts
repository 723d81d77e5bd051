import { sha256 } from "../written";

/** All that a cache needs. Nothing tells of others' keys, forgets them, or shows the server's own settings. */
const COMMANDS = ["get", "hgetall", "hset", "hsetnx", "incrby", "mget", "ping", "set", "unlink"];

/** A site that keeps objects there. */
export interface Keeper {
  readonly site: string;
  readonly password: string;
}

/** The server's users: each site has its own, which sees the keys that begin with its name; whoever has no password is nobody. */
export function usersAcl(keepers: readonly Keeper[]): string {
  const allowed = COMMANDS.map((one) => `+${one}`).join(" ");
  return [
    "user default reset off",
    ...keepers.map(
      ({ site, password }) => `user ${site} reset on #${sha256(password)} ~${site}:* -@all ${allowed}`,
    ),
    "",
  ].join("\n");
}

/** MiB of a container that keeps so many MiB of objects: what is freed in pieces, and the server itself, come on top. */
export function containerMemory(objects: number): number {
  return Math.ceil(objects * 1.5) + 32;
}

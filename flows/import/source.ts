import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { UserError } from "../../base/errors";

/** Where a site is taken from. */
export type Source =
  | { readonly place: "folder" | "archive"; readonly path: string }
  | { readonly place: "ssh"; readonly host: string; readonly port?: string; readonly path: string };

/** What `--from` names. Throws where there is nothing of the kind on this machine. */
export function parseSource(from: string): Source {
  if (from.startsWith("ssh://")) return parseAddress(from);
  if (/^[a-z][a-z0-9+.-]*:\/\//.test(from))
    throw new UserError(
      `--from ${from}: can't be read`,
      "Give a folder, a tar archive, or ssh://user@host/path.",
    );
  const path = resolve(from);
  if (!existsSync(path)) throw new UserError(`--from ${path}: there is no such folder or file`);
  return { place: statSync(path).isDirectory() ? "folder" : "archive", path };
}

function parseAddress(from: string): Source {
  const [, host, port, path] =
    /^ssh:\/\/((?:[\w.-]+@)?(?:[A-Za-z0-9][\w.-]*|\[[0-9a-fA-F:]+\]))(?::(\d+))?(\/.*)$/.exec(from) ?? [];
  if (!host || !path)
    throw new UserError(
      `--from ${from}: is no address`,
      "Write ssh://user@host/path/to/site, with :port after the host where it is not 22.",
    );
  return {
    place: "ssh",
    host: host.replaceAll(/[[\]]/g, ""),
    path: decodeURIComponent(path),
    ...(port && { port }),
  };
}

/** The source as a message names it. */
export function nameOf(source: Source): string {
  return source.place === "ssh" ? `${source.host}:${source.path}` : source.path;
}

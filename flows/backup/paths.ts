import { UserError } from "../../base/errors";
import type { SiteSubject } from "../../agent/protocol";
import { kindOf } from "../../stacks/kinds";

type Named = Pick<SiteSubject, "name" | "kind" | "folders">;

/** The path in a site's volume of a file or folder, as its people name it; empty for the volume itself. */
export function volumePath({ name, kind, folders }: Named, text: string): string {
  const names = text.split("/").filter((one) => one !== "" && one !== ".");
  if (names.includes(".."))
    throw new UserError(`${text} leads out of ${name}.`, "Name it from the site's own folder on.");
  const { folder, called } = kindOf(kind);
  const [first = "", ...rest] = names;
  if (first === "" || folders.includes(first)) return names.join("/");
  if (first === called) return [folder, ...rest].join("/");
  // What has one folder of its own is named without it.
  if (called === undefined) return [folder, ...names].join("/");
  throw new UserError(
    `${text} is nothing that snapshots of ${name} have.`,
    `Name it from ${shownPath({ kind }, folder)} on; see: npx varvol snapshots ${name} --list`,
  );
}

/** The same path as its people name it. */
export function shownPath({ kind }: Pick<Named, "kind">, path: string): string {
  const { folder, called } = kindOf(kind);
  if (called === undefined || (path !== folder && !path.startsWith(`${folder}/`))) return path;
  return `${called}${path.slice(folder.length)}`;
}

/** The paths that a restore puts back. Throws for a whole folder of the volume, and for what lies in another one of them. */
export function restoredPaths(site: Named, texts: readonly string[]): string[] {
  const paths = [...new Set(texts.map((text) => volumePath(site, text)))];
  const whole = paths.find((path) => !path.includes("/"));
  if (whole !== undefined)
    throw new UserError(
      `--files ${shownPath(site, whole) || "."}: that is all of its files.`,
      `Name what is in it, or restore the site: npx varvol restore ${site.name}`,
    );
  const inside = paths.find((path) => paths.some((one) => path.startsWith(`${one}/`)));
  if (inside !== undefined)
    throw new UserError(`--files ${shownPath(site, inside)} lies in another one of them.`, "Leave it out.");
  return paths;
}

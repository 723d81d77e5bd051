import * as fs from "node:fs";
import * as path from "node:path";

/**
 * Moves a folder to a place, or its content to what is there; gives by `at` what was left because something has its name. No
 * link is followed, of either: what they lead to may be anybody's.
 */
export function merge(from: string, to: string, at: string): string[] {
  if (!statOf(to)) {
    fs.mkdirSync(path.dirname(to), { recursive: true });
    fs.renameSync(from, to);
    return [];
  }
  const left: string[] = [];
  for (const name of fs.readdirSync(from)) {
    const [source, target] = [path.join(from, name), path.join(to, name)];
    if (!statOf(target)) fs.renameSync(source, target);
    else if (statOf(source)?.isDirectory() && statOf(target)?.isDirectory())
      left.push(...merge(source, target, `${at}/${name}`));
    // Each folder's own that says nothing.
    else if (name !== "index.php") left.push(`${at}/${name}: one of that name lies there already`);
  }
  return left;
}

function statOf(file: string): fs.Stats | undefined {
  return fs.lstatSync(file, { throwIfNoEntry: false });
}

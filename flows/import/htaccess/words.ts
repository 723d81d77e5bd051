import { plain } from "../../../agent/failure";
import type { Denied, NotKept } from "./denied";

/** What becomes of a site's .htaccess files, in a sentence each. */
export function htaccessWords(denied: readonly Denied[], notKept: readonly NotKept[]): string[] {
  return [
    ...denied.map(
      ({ path, file, line, why }) =>
        `${path} is for no visitor here (403): by ${file}, line ${line}, it ${why}`,
    ),
    ...notKept.map(({ file, line, text }) => `${file}, line ${line}, is not taken over: ${text}`),
  ].map(plain);
}

/** Code of plugins and themes, which is no secret: their makers only wanted it not to be asked for by itself. */
const CODE = /^(?:~ \^)?\/wp-content\/(?:plugins|themes)\//;

/** What of a site's code is public here that was for nobody. */
export function openCode(denied: readonly Denied[], known: readonly string[]): string[] {
  return denied
    .filter(({ path }) => CODE.test(path) && !known.includes(path))
    .map(({ file, line, why }) => plain(`${file}, line ${line}, is not kept: what it is of ${why}`));
}

/** What would be public of a site that is filled by its keys alone; undefined where nothing would but code. */
export function openProblem(denied: readonly Denied[], known: readonly string[]): string | undefined {
  const open = denied.filter(({ path }) => !CODE.test(path) && !known.includes(path));
  if (open.length === 0) return undefined;
  const where = plain(open.map(({ path, file, line }) => `${path} (${file}, line ${line})`).join(", "));
  const keys = JSON.stringify([...known, ...open.map(({ path }) => path)]);
  return `an .htaccess kept these from visitors: ${where}; keep them so by the site's key denied: ${keys}`;
}

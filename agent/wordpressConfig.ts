import * as fs from "node:fs";
import * as path from "node:path";

/** What is read of a file that a site is configured by; they are a few kilobytes. */
const LARGEST = 1 << 20;

/** A file's text; nothing where there is none, or none that a person wrote. */
export function textOf(file: string): string {
  try {
    return fs.statSync(file).size <= LARGEST ? fs.readFileSync(file, "utf8") : "";
  } catch {
    return "";
  }
}

/** What configures the WordPress of a document root, in the order in which it counts: Bedrock's files lie beside the root. */
export function configText(root: string, core: string): string {
  const above = path.dirname(root);
  const files = [
    ...[root, core, above].map((folder) => path.join(folder, "wp-config.php")),
    path.join(above, "config", "application.php"),
    ...[above, root].map((folder) => path.join(folder, ".env")),
  ];
  return [...new Set([...files, ...ofDuplicator(root)])].map(textOf).join("\n");
}

/** Duplicator packs wp-config.php under another name. */
function ofDuplicator(root: string): string[] {
  const folder = path.join(root, "dup-installer");
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  return names
    .filter((name) => name.startsWith("dup-wp-config-arc__"))
    .map((name) => path.join(folder, name));
}

/**
 * The expression that a constant is defined as, by `define` or by what Bedrock has for it; undefined where it isn't. It is a
 * stranger's text: nothing in the pattern can be long.
 */
export function definedAs(config: string, name: string): string | undefined {
  const condition = String.raw`(?:if\s{0,9}\([^\n]{0,999}\)\s{0,99}\{?\s{0,99})?`;
  const define = String.raw`^[ \t]*${condition}(?:\w{1,99}::)?define\s{0,99}\(\s{0,99}['"]${name}['"]\s{0,99},([^;]{0,2000}?)\)\s{0,99};`;
  return new RegExp(define, "im").exec(config)?.[1]?.trim();
}

/** Constants that are defined by others, one by the next. */
const MOST_NAMED = 3;

/** The path in what a constant is defined as: its plain strings, one after the other, whatever stands between them. */
export function pathIn(config: string, name: string, depth = 0): string | undefined {
  let named = 0;
  const expression = definedAs(config, name)?.replace(
    /\bConfig::get\(\s*['"](\w+)['"]\s*\)/g,
    (_, other: string) =>
      depth < MOST_NAMED && ++named <= MOST_NAMED ? `'${pathIn(config, other, depth + 1) ?? ""}'` : "",
  );
  if (expression === undefined) return undefined;
  // What is asked of a server or of the environment is no path.
  const plain = expression.replace(/\$\w+\s*\[[^\]]*\]|\b(?:get)?env\([^)]*\)/g, "");
  const found = [...plain.matchAll(/'([^'\n]*)'|"([^"\n]*)"/g)].map(([, single, double]) => single ?? double);
  const joined = found.join("").replace(/^https?:\/\/[^/]*/, "");
  return joined.replace(/^\/+|\/+$/g, "") || undefined;
}

/** The addresses that its configuration gives a site, whatever its database says: of plain text alone. */
export function addressesIn(config: string): string[] {
  const found = ["WP_HOME", "WP_SITEURL"].flatMap((name) => [
    /^(['"])([^'"]*)\1$/.exec(definedAs(config, name) ?? "")?.[2],
    new RegExp(String.raw`^[ \t]*${name}[ \t]*=[ \t]*(['"]?)([^\s'"]{1,999})\1[ \t\r]*$`, "m").exec(
      config,
    )?.[2],
  ]);
  const addresses = found.filter((one): one is string => /^https?:\/\/[^\s/$]+[^\s$]*$/i.test(one ?? ""));
  return [...new Set(addresses.map((one) => one.replace(/\/+$/, "")))];
}

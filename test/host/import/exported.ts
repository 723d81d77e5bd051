import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { gzipSync } from "node:zlib";
import { below } from "../../../agent/links";
import { wpressOf } from "../../support/wpress";
import { zipOf } from "../../support/zip";

/** The table prefix that All-in-One WP Migration writes for any. */
export const ALL_IN_ONE = "SERVMASK_PREFIX_";

/** A site's folder as UpdraftPlus exports it, and what an import of that is given. */
export function asUpdraftPlus(folder: string): string[] {
  const set = path.join(`${folder}-updraft`, "backup_2024-05-01-1200_A_garden_0a1b2c3d4e5f");
  fs.mkdirSync(path.dirname(set));
  const content = path.join(folder, "wp-content");
  const names = fs.readdirSync(content);
  for (const [part, inner] of [
    ...["plugins", "themes", "uploads"].map((name) => [name, [name]] as const),
    ["others", names.filter((name) => !["plugins", "themes", "uploads"].includes(name))] as const,
  ])
    fs.writeFileSync(`${set}-${part}.zip`, zipOf(inner.flatMap((name) => filesIn(content, name))));
  const dump = `${set}-db.gz`;
  fs.writeFileSync(dump, gzipSync(fs.readFileSync(path.join(folder, "site.sql"))));
  return [path.dirname(set), "--database", dump];
}

/** Has a site's folder have the dump that phpMyAdmin makes: all keys come after all rows, in a transaction that never ends. */
export function dumpedByPhpMyAdmin(folder: string): void {
  const file = path.join(folder, "site.sql");
  const tables: string[] = [];
  const text = fs
    .readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => /^(?:CREATE TABLE|INSERT) /.test(line))
    .map((line) => {
      const [, table, columns, keys, options] =
        /^CREATE TABLE (`\w+`) \((.*?), (PRIMARY KEY .*)\) (ENGINE.*);$/.exec(line) ?? [];
      if (!table || !columns || !keys) return line;
      const added = keys.split(/, (?=(?:UNIQUE )?KEY )/).map((key) => `  ADD ${key}`);
      const counted = / AUTO_INCREMENT/.test(columns);
      tables.push(
        `--\n-- Indexes for table ${table}\n--\nALTER TABLE ${table}\n${added.join(",\n")};`,
        ...(counted
          ? [`ALTER TABLE ${table}\n  MODIFY ${columns.split(", ")[0]}, AUTO_INCREMENT=1000;`]
          : []),
      );
      return `CREATE TABLE ${table} (\n  ${columns.replace(" AUTO_INCREMENT", "").replaceAll(", ", ",\n  ")}\n) ${options};`;
    });
  const head = [
    "-- phpMyAdmin SQL Dump\n-- version 5.2.2deb1\n-- https://www.phpmyadmin.net/\n--",
    'SET SQL_MODE = "NO_AUTO_VALUE_ON_ZERO";\nSTART TRANSACTION;\nSET time_zone = "+00:00";\n\n',
    "/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;\n/*!40101 SET NAMES utf8mb4 */;\n",
    "--\n-- Database: `alt_wp`\n--",
    "CREATE DATABASE IF NOT EXISTS `alt_wp` DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;\nUSE `alt_wp`;\n",
  ];
  const end = "COMMIT;\n\n/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;\n";
  fs.writeFileSync(file, [...head, ...text, ...tables, end].join("\n"));
}

/** The same as All-in-One WP Migration does, whose dump lacks the theme. */
export function asAllInOne(folder: string): string[] {
  const dump = fs
    .readFileSync(path.join(folder, "site.sql"), "utf8")
    .replaceAll("wp_", ALL_IN_ONE)
    .replaceAll(/\(\d+,'(?:template|stylesheet|active_plugins)','[^']*','yes'\),/g, "");
  const about = { Plugins: [], Template: "plain", Stylesheet: "plain" };
  const files = filesIn(path.join(folder, "wp-content"), ".");
  const archive = `${folder}.wpress`;
  fs.writeFileSync(
    archive,
    wpressOf([
      ["package.json", JSON.stringify(about)],
      ["database.sql", dump],
      ...files.map(({ name, text }) => [name, text] as const),
    ]),
  );
  return [archive];
}

/** As Plesk backs up all of its account, whose other database has the same name for its dump. */
export function asPlesk(folder: string): string[] {
  const at = `${folder}-plesk`;
  fs.cpSync(folder, path.join(at, "files/httpdocs"), { recursive: true });
  const dumped = path.join(at, "dump/backup_sqldump_2405011200");
  for (const [database, text] of [
    ["alt_wp", fs.readFileSync(path.join(folder, "site.sql"))],
    ["alt_forum", "CREATE TABLE forum (id INT);\n"],
  ] as const) {
    const packed = path.join(at, `all/databases/${database}_1`);
    for (const one of [packed, path.dirname(dumped)]) fs.mkdirSync(one, { recursive: true });
    fs.writeFileSync(dumped, text);
    tar(path.dirname(dumped), path.join(packed, "backup_sqldump_2405011200.tzst"), "--zstd");
  }
  fs.rmSync(path.join(at, "files/httpdocs/site.sql"));
  tar(path.join(at, "files"), path.join(at, "all/backup_user-data_2405011200.tzst"), "--zstd");
  return [tar(path.join(at, "all"), `${at}.tar`)];
}

/** As HestiaCP does, with a domain of pages beside it. */
export function asHestia(folder: string): string[] {
  const at = `${folder}-hestia`;
  fs.cpSync(folder, path.join(at, "files/public_html"), { recursive: true });
  fs.rmSync(path.join(at, "files/public_html/site.sql"));
  fs.mkdirSync(path.join(at, "pages/public_html"), { recursive: true });
  fs.writeFileSync(path.join(at, "pages/public_html/index.html"), "pages");
  for (const [domain, files] of [
    ["alt.example", "files"],
    ["pages.example", "pages"],
  ] as const) {
    const web = path.join(at, "all/web", domain);
    fs.mkdirSync(web, { recursive: true });
    tar(path.join(at, files), path.join(web, "domain_data.tar.zst"), "--zstd");
  }
  for (const [database, text] of [
    ["alt_wp", fs.readFileSync(path.join(folder, "site.sql"))],
    ["alt_forum", "CREATE TABLE forum (id INT);\n"],
  ] as const) {
    fs.mkdirSync(path.join(at, "all/db", database), { recursive: true });
    fs.writeFileSync(path.join(at, "all/db", database, `${database}.mysql.sql.gz`), gzipSync(text));
  }
  return [tar(path.join(at, "all"), `${at}.tar`)];
}

function tar(folder: string, archive: string, ...options: string[]): string {
  execFileSync("tar", ["-C", folder, ...options, "-cf", archive, "."]);
  return archive;
}

/** As somebody on Windows packs it, with all that is in it. */
export function asZip(folder: string): string[] {
  const archive = `${folder}.zip`;
  const parts = filesIn(folder, ".").map(({ name, text }) => ({
    name: `public_html\\${name.replaceAll("/", "\\")}`,
    text,
    by: 0,
  }));
  fs.writeFileSync(archive, zipOf(parts));
  return [archive];
}

function filesIn(folder: string, inner: string): { name: string; text: Buffer }[] {
  const top = path.join(folder, inner);
  if (!fs.existsSync(top)) return [];
  if (fs.statSync(top).isFile()) return [{ name: inner, text: fs.readFileSync(top) }];
  return [...below(top)]
    .filter(({ sort }) => sort === "file")
    .map(({ file }) => ({ name: path.relative(folder, file), text: fs.readFileSync(file) }));
}

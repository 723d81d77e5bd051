import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { randomFrom } from "../test/support/interrupt";

export const OLD_URL = "https://alt.example";
export const POSTS = 10_000;
const REVISIONS = 5_000;
const ATTACHMENTS = 8_000;
const FILE_BYTES = 110_000;
/** Bytes of rows in one statement, as mysqldump writes them. */
const STATEMENT = 1_000_000;

const SMALL = path.resolve("test/fixtures/cases/wp-mixed-serialised/site");

/**
 * Makes of a small WordPress of another host's one of 1 GB: 10,000 posts and half as many revisions, 8,000 attachments with
 * their files and metadata, a page builder's JSON, comments. The same seed gives the same texts.
 */
export function makeLargeSite(folder: string, seed = 1): void {
  const random = randomFrom(seed);
  fs.cpSync(SMALL, folder, { recursive: true });
  const noise = randomBytes(8 << 20);
  const dump = path.join(folder, "site.sql");
  const small = fs.readFileSync(dump, "utf8");
  const end = small.lastIndexOf("-- Dump completed");
  fs.truncateSync(dump, end);
  const sql = new Inserts(dump);
  const text = textFrom(random);
  for (let i = 0; i < POSTS; i++) {
    const id = 1000 + i;
    const content = pageOf(text, id);
    sql.row("wp_posts", post(id, content, `A post ${i}`, "publish", "post", 0));
    if (i % 10 === 0) sql.row("wp_postmeta", [id * 4, id, "_elementor_data", builderOf(text, id)]);
    if (i < REVISIONS)
      sql.row("wp_posts", post(100_000 + i, content, `A post ${i}`, "inherit", "revision", id));
    sql.row("wp_postmeta", [id * 4 + 1, id, "_thumbnail_id", String(50_000 + (i % ATTACHMENTS))]);
    if (i % 2 === 0) sql.row("wp_comments", comment(id, text(40), `${OLD_URL}/?p=${id}`));
  }
  for (let i = 0; i < ATTACHMENTS; i++) {
    const id = 50_000 + i;
    const name = `${2010 + (i % 15)}/${String(1 + (i % 12)).padStart(2, "0")}/picture-${i}.jpg`;
    const file = path.join(folder, "wp-content/uploads", name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const from = Math.floor(random() * (noise.length / 2));
    fs.writeFileSync(file, noise.subarray(from, from + Math.round(FILE_BYTES * (0.4 + 1.2 * random()))));
    const guid = `${OLD_URL}/wp-content/uploads/${name}`;
    sql.row("wp_posts", post(id, "", `picture-${i}`, "inherit", "attachment", 0, guid, "image/jpeg"));
    sql.row("wp_postmeta", [id * 4, id, "_wp_attached_file", name]);
    sql.row("wp_postmeta", [id * 4 + 1, id, "_wp_attachment_metadata", metadata(name, guid)]);
  }
  sql.end();
  fs.appendFileSync(dump, small.slice(end));
}

type Row = readonly (string | number)[];

/** Statements that put rows into tables, each of many. */
class Inserts {
  private readonly waiting = new Map<string, string[]>();
  private readonly bytes = new Map<string, number>();

  constructor(private readonly file: string) {}

  row(table: string, values: Row): void {
    const row = `(${values.map((one) => (typeof one === "number" ? one : quoted(one))).join(",")})`;
    const rows = this.waiting.get(table) ?? [];
    rows.push(row);
    this.waiting.set(table, rows);
    const bytes = (this.bytes.get(table) ?? 0) + row.length;
    this.bytes.set(table, bytes);
    if (bytes > STATEMENT) this.write(table);
  }

  end(): void {
    for (const table of this.waiting.keys()) this.write(table);
  }

  private write(table: string): void {
    const rows = this.waiting.get(table) ?? [];
    if (rows.length > 0) fs.appendFileSync(this.file, `INSERT INTO \`${table}\` VALUES ${rows.join(",")};\n`);
    this.waiting.set(table, []);
    this.bytes.set(table, 0);
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['"\\]/g, "\\$&").replaceAll("\n", "\\n")}'`;
}

/** Gives so many words, few of which are frequent. */
function textFrom(random: () => number): (count: number) => string {
  const letter = () => String.fromCharCode(97 + Math.floor(random() * 26));
  const words = Array.from({ length: 4000 }, () =>
    Array.from({ length: 2 + Math.floor(random() * 9) }, letter).join(""),
  );
  return (count) =>
    Array.from({ length: count }, () => words[Math.floor(words.length * random() ** 3)] ?? "").join(" ");
}

function pageOf(text: (count: number) => string, id: number): string {
  return Array.from({ length: 8 }, (_, i) => {
    const url = `${OLD_URL}/post-${id + i}/`;
    const block = `<!-- wp:image {"id":${id},"href":${JSON.stringify(url)}} -->`;
    return `${block}\n<p>${text(120)} <a href="${url}">it's "here"</a></p>\n<!-- /wp:image -->`;
  }).join("\n");
}

function builderOf(text: (count: number) => string, id: number): string {
  const widget = (i: number) => ({
    settings: { editor: text(60), link: { url: `${OLD_URL}/post-${id + i}/` } },
  });
  const data = JSON.stringify([
    { elType: "section", elements: Array.from({ length: 10 }, (_, i) => widget(i)) },
  ]);
  return data.replaceAll("/", "\\/");
}

function metadata(name: string, url: string): string {
  const text = (value: string) => `s:${value.length}:"${value}";`;
  return `a:3:{${text("width")}i:1200;${text("file")}${text(name)}${text("original")}${text(url)}}`;
}

const DAY = "2024-05-01 10:00:00";

function post(
  id: number,
  content: string,
  title: string,
  status: string,
  type: string,
  parent: number,
  guid = `${OLD_URL}/?p=${id}`,
  mime = "",
): Row {
  const name = `${type}-${id}`;
  return [
    ...[
      id,
      1,
      DAY,
      DAY,
      content,
      title,
      "",
      status,
      "closed",
      "closed",
      "",
      name,
      "",
      "",
      DAY,
      DAY,
      "",
      parent,
    ],
    ...[guid, 0, type, mime, 0],
  ];
}

function comment(id: number, content: string, url: string): Row {
  return [
    ...[id, id, "A reader", "reader@alt.example", url, "192.0.2.1", DAY, DAY, content, 0, "1", "a browser"],
    ...["comment", 0, 0],
  ];
}

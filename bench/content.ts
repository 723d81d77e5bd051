import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { randomFrom } from "../test/support/interrupt";

/** How many files, of which how many are images, and how large those of either kind are on average. */
const FILES = 20_000;
const IMAGES = 4_000;
const TEXT_BYTES = 19_000;
const IMAGE_BYTES = 186_000;

/**
 * Fills a folder with what a site's is like: about 1 GB in 20,000 files, most of them text that shrinks to a third,
 * most of the bytes images that don't. The same seed gives the same sizes.
 */
export function fillWithSite(folder: string, seed = 1): void {
  const random = randomFrom(seed);
  const words = Array.from({ length: 4000 }, () =>
    Array.from({ length: 2 + Math.floor(random() * 9) }, () =>
      String.fromCharCode(97 + Math.floor(random() * 26)),
    ).join(""),
  );
  // Few words are frequent, as in any language, and between them is markup.
  const text = Array.from({ length: 700_000 }, (_, i) =>
    i % 12 === 0 ? '</p>\n<p class="wp-block">' : (words[Math.floor(words.length * random() ** 3)] ?? ""),
  ).join(" ");
  for (let i = 0; i < FILES; i++) {
    const image = i % (FILES / IMAGES) === 0;
    const name = path.join(
      folder,
      image ? "uploads" : "pages",
      String(i % 100),
      `${i}.${image ? "jpg" : "html"}`,
    );
    if (i < 200) fs.mkdirSync(path.dirname(name), { recursive: true });
    const size = Math.round((image ? IMAGE_BYTES : TEXT_BYTES) * (0.2 + 1.6 * random()));
    const start = Math.floor(random() * (text.length - size));
    fs.writeFileSync(name, image ? randomBytes(size) : text.slice(start, start + size));
  }
}

/** Changes less than 1% of it: some pages, some new images; gives the bytes that were written. */
export function changeSome(folder: string): number {
  let bytes = 0;
  const write = (name: string, content: Buffer | string) => {
    fs.writeFileSync(path.join(folder, name), content);
    bytes += content.length;
  };
  for (let i = 0; i < 30; i++) {
    const page = path.join("pages", String(i + 1), `${i + 1}.html`);
    if (i % 5 !== 4)
      write(page, `${fs.readFileSync(path.join(folder, page), "utf8")}<!-- ${Math.random()} -->`);
    write(path.join("uploads/0", `new${Date.now()}-${i}.jpg`), randomBytes(200_000));
  }
  return bytes;
}

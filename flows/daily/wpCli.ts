import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { UserError } from "../../base/errors";
import { lastLines } from "../../base/exec";
import { step } from "../../base/output";
import { paths } from "../../base/paths";
import { onHost } from "../../machine/host";
import type { HostConfig } from "../../stacks/config";
import type { SiteConfig } from "../../stacks/kinds";
import { type BesideArgs } from "./beside";

/** The WP-CLI that is fetched where the stack has none of its own. */
export const WP_CLI = {
  version: "2.12.0",
  address: "https://github.com/wp-cli/wp-cli/releases/download/v2.12.0/wp-cli-2.12.0.phar",
  sha512:
    "be928f6b8ca1e8dfb9d2f4b75a13aa4aee0896f8a9a0a1c45cd5d2c98605e6172e6d014dda2e27f88c98befc16c040cbb2bd1bfa121510ea5cdf5f6a30fe8832",
} as const;

const PLACE = "/usr/local/lib/wp-cli.phar";
const PATIENCE = 120_000;

/** The phar to run: the one that is named, or the pinned one, which is fetched once. */
export async function readPhar(
  named: string | undefined,
  pinned: typeof WP_CLI | { version: string; address: string; sha512: string } = WP_CLI,
  folder = paths().cache,
): Promise<Buffer> {
  if (named !== undefined) {
    try {
      return readFileSync(resolve(named));
    } catch (error) {
      throw new UserError(`${resolve(named)} can't be read (${(error as Error).message})`);
    }
  }
  const file = join(folder, `wp-cli-${pinned.version}.phar`);
  const kept = existsSync(file) ? readFileSync(file) : undefined;
  if (kept && sha512(kept) === pinned.sha512) return kept;
  const phar = await step(`fetching WP-CLI ${pinned.version}`, () => fetched(pinned.address));
  if (sha512(phar) !== pinned.sha512)
    throw new UserError(
      `${pinned.address}: what came is not WP-CLI ${pinned.version}: its hash is another one.`,
      "Nothing was kept of it. Something between here and there may have changed it.",
    );
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${file}.${process.pid}`, phar);
  renameSync(`${file}.${process.pid}`, file);
  return phar;
}

async function fetched(address: string): Promise<Buffer> {
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(PATIENCE) });
    if (!answer.ok) throw new Error(`it answers ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  } catch (error) {
    const { message, cause } = error as Error;
    throw new UserError(
      `${address} can't be had: ${cause instanceof Error ? cause.message : message}`,
      "Fetch it elsewhere, and name the file: --phar FILE, or varvol:wpCli in the stack file.",
    );
  }
}

/** Puts the phar where the host's containers find it, unless it is there; gives its place. */
export async function placePhar(config: HostConfig, phar: Buffer): Promise<string> {
  const place = `${config.volumeRoot}/.varvol/wp-cli/${sha512(phar).slice(0, 16)}.phar`;
  if ((await onHost(config, ["test", "-f", place])).code === 0) return place;
  const line =
    'umask 022; mkdir -p "$(dirname "$1")" && base64 -d > "$1.$$" && rm -f "$(dirname "$1")"/*.phar && mv "$1.$$" "$1"';
  const { code, stderr } = await onHost(config, ["sh", "-c", line, "sh", place], {
    input: phar.toString("base64"),
  });
  if (code !== 0) throw new UserError(`WP-CLI can't be put to ${place}: ${lastLines(stderr, 2)}`);
  return place;
}

/** WP-CLI with these words, in a container beside the site's. */
export function wpCommand(place: string, words: readonly string[]): BesideArgs {
  return {
    command: ["php", PLACE, "--path=/srv/wordpress", ...words],
    files: { [place]: PLACE },
    env: {
      // Nothing but /tmp can be written to beside the content.
      WP_CLI_CACHE_DIR: "/tmp/wp-cli",
      WP_CLI_PACKAGES_DIR: "/tmp/wp-cli-packages",
      WP_CLI_DISABLE_AUTO_CHECK_UPDATE: "1",
    },
  };
}

/** What another verb does, and WP-CLI could not here. */
export function unfit({ name }: SiteConfig, words: readonly string[]): string | undefined {
  const [first, second] = words.filter((word) => !word.startsWith("-"));
  if (first === "db" && !["prefix", "size", "tables", "columns"].includes(second ?? ""))
    return `wp db wants the client of MySQL, which is not in php's image. Use: npx varvol sql ${name}, also with --export FILE and --import FILE`;
  if (first === "core" && ["update", "download"].includes(second ?? ""))
    return `WordPress itself comes with the image. Use: npx varvol upgrade ${name}`;
  if (first === "config" && ["set", "create", "delete", "edit", "shuffle-salts"].includes(second ?? ""))
    return "wp-config.php is a part of the image, and the same for every site: docs/configuration.md has the keys of the stack file.";
  if (first === "cli" && second === "update")
    return "WP-CLI is pinned: name another one by --phar, or by varvol:wpCli in the stack file.";
  return undefined;
}

function sha512(data: Buffer): string {
  return createHash("sha512").update(data).digest("hex");
}

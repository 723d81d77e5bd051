import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../base/errors";
import { attempt, capture, lastLines, type Result } from "../../base/exec";
import { step } from "../../base/output";
import { shellCommand } from "../../base/quoting";
import { bytes } from "../../base/words";
import type { Fetched, KindName } from "../../stacks/kinds";
import { checkRoom } from "./fetched";
import { checkKind, takesWordPress } from "./layout";
import { nameOf, type Source } from "./source";

type Address = Extract<Source, { place: "ssh" }>;
/** What there.sh is asked for. */
type Verb = "look" | "files" | "database";

export interface RemoteArgs {
  readonly kind: KindName;
  readonly source: Address;
  /** A dump that was named, in place of one that is made there. */
  readonly database?: string;
  /** The table prefix that was named. */
  readonly prefix?: string;
  /** Where what is fetched goes. */
  readonly folder: string;
}

/** Copies a site from another machine by tar over ssh, and dumps its database there. Nothing is changed there. */
export async function fetchRemote({ kind, source, database, prefix, folder }: RemoteArgs): Promise<Fetched> {
  const from = nameOf(source);
  const look = async () => outputOf(source, await ssh(source, "look"));
  const found = (await step(from, look, (text) => /^kind (.*)$/m.exec(text)?.[1])).split("\n");
  const wordpress = found.includes("kind wordpress");
  if (found.includes("network"))
    throw new UserError(`${from}: is a network of sites (MULTISITE), which can't be imported.`);
  checkKind(kind, { wordpress: wordpress || found.includes("unconfigured") }, from);
  if (takesWordPress(kind) && !wordpress)
    throw new UserError(
      `${from}: there is no wp-config.php in or above it.`,
      "Give the folder that wp-content is in.",
    );
  const size = Number(/^size (\d+)$/m.exec(found.join("\n"))?.[1] ?? 0) * 1024;
  checkRoom(folder, size, from);
  const content = join(folder, "site.tar");
  await receive(source, "Files", content, "files");
  await addConfig(content, folder, found);
  const named = prefix === undefined ? {} : { prefix };
  if (!wordpress || database) return { content, database, ...named };
  const dump = join(folder, "database.sql");
  await receive(source, "Database", dump, "database", ["-C"]);
  return { content, database: dump, ...named };
}

/**
 * Puts a wp-config.php into what was fetched that says what the real one, which stays there for its password, says of the
 * site's addresses.
 */
async function addConfig(content: string, folder: string, found: readonly string[]): Promise<void> {
  const lines = found.flatMap((line) => {
    const [, name, address] = /^defined (WP_HOME|WP_SITEURL) (https?:\/\/[^\s'\\]+)$/.exec(line) ?? [];
    return name && address ? [`define('${name}', '${address}');\n`] : [];
  });
  if (lines.length === 0) return;
  const own = join(folder, "config");
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, "wp-config.php"), `<?php\n${lines.join("")}`);
  await capture(["tar", "-C", own, "-rf", content, "./wp-config.php"]);
}

async function receive(
  source: Address,
  label: string,
  file: string,
  verb: Verb,
  options: readonly string[] = [],
): Promise<void> {
  const size = () => bytes(statSync(file, { throwIfNoEntry: false })?.size ?? 0);
  await step(
    label,
    async (s) => {
      const timer = setInterval(() => s.detail(size()), 500);
      try {
        outputOf(source, await ssh(source, verb, { file, options }));
      } finally {
        clearInterval(timer);
      }
    },
    size,
  );
}

/**
 * Runs there.sh on the machine. Who may log in, and by which key, is up to ssh's own configuration; a machine whose key is not
 * among the known hosts is refused, whatever that says.
 */
function ssh(
  { host, port, path }: Address,
  verb: Verb,
  { file = "", options = [] as readonly string[] } = {},
): Promise<Result> {
  const settings = [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "ClearAllForwardings=yes",
    "ConnectTimeout=15",
  ];
  const words = shellCommand(["sh", "-s", "--", verb, path]);
  const command = [
    "ssh",
    ...settings.flatMap((setting) => ["-o", setting]),
    ...["-o", "ServerAliveInterval=15", ...options, ...(port ? ["-p", port] : []), "--", host, words],
  ];
  const into = ["sh", "-c", 'umask 077; file=$1; shift; exec "$@" > "$file"', "sh", file];
  return attempt([...(file ? into : []), ...command], {
    input: readFileSync(join(__dirname, "there.sh"), "utf8"),
  });
}

function outputOf(source: Address, { code, stdout, stderr, reason }: Result): string {
  const from = nameOf(source);
  if (code === 0) return stdout;
  if (code === 127 && (reason || /ssh: (not found|No such file)/.test(stderr)))
    throw new UserError("There is no ssh command on this machine.", "Run: apt-get install openssh-client");
  if (/host key verification failed/i.test(stderr)) {
    const place = source.port ? `-p ${source.port} ${source.host}` : source.host;
    throw new UserError(
      `${from}: its ssh key is not the one that is known, or none is.`,
      `Log in once by hand, and compare the key that is shown: ssh ${place}`,
    );
  }
  const said = lastLines(stderr, 3) || `ended with code ${code}`;
  if (code === 255)
    throw new UserError(
      `${from}: can't be reached: ${said}`,
      "A key without a prompt is needed: ssh-copy-id, or an agent.",
    );
  throw new UserError(`${from}: ${said}`, "Nothing was changed, there or here.");
}

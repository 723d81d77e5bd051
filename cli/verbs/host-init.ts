import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, relative, resolve } from "node:path";
import { Exit, UserError } from "../../base/errors";
import { json, say } from "../../base/output";
import { paths } from "../../base/paths";
import { prepareHost } from "../../flows/hosts/prepare";
import { newStackFile, refuseOther } from "../../flows/hosts/stackFile";
import { fingerprintOf, publicKeyOf, shownKey } from "../../machine/hostKey";
import { type Login, parseLogin } from "../../machine/login";
import type { SshArgs } from "../../machine/ssh";
import { confirm } from "../confirm";
import { hostTableOf } from "../hostChecks";
import * as texts from "../options";

interface Options extends texts.JsonOption {
  readonly name?: string;
  readonly hostKey?: string;
  readonly key?: string;
  readonly user?: string;
  readonly web?: string;
}

export const options: texts.OptionsOf<Options> = {
  name: ["--name <stack>", "the stack: Pulumi.<stack>.yaml is written, unless it is there"],
  hostKey: [
    "--host-key <key>",
    "its public ssh key, or that one's SHA256:… (default: it is shown, and you are asked)",
  ],
  key: ["--key <file>", "the private key that logs in (default: ~/.ssh/id_ed25519)"],
  user: ["--user <name>", "who logs in from then on (default: varvol; root: nobody else is made)"],
  web: ["--web <ports>", "the gateway's ports, which are opened (default: 80,443)"],
  json: texts.json,
};

/** Makes a fresh Debian a host: docker, a user, a firewall, updates. Does only what is lacking, and says what it did. */
export async function run(options: Options, [target = ""]: readonly string[] = []): Promise<void> {
  const login = parseLogin(target);
  if (!login) throw new UserError(`${target || "The machine"}: say user@address or user@address:port`);
  if (!options.name || !/^[A-Za-z0-9._-]{1,100}$/.test(options.name))
    throw new UserError("--name is missing or no name of a stack: prod, say");
  const file = options.configFile ?? join(paths().repo, `Pulumi.${options.name}.yaml`);
  const privateKeyFile = resolve(options.key ?? join(homedir(), ".ssh", "id_ed25519"));
  const publicKey = await publicKeyOf(privateKeyFile);
  const hostKey = await agreedKey(login, options);
  const user = options.user ?? "varvol";
  const host: SshArgs = { address: login.address, user, port: login.port, hostKey, privateKeyFile };
  if (existsSync(file)) refuseOther(file, readFileSync(file, "utf8"), host);
  const web = options.web === undefined ? undefined : portsOf(options.web);
  const ssh = { ...host, user: login.user };
  const { done, checks } = await prepareHost({ ssh, user, publicKey, web });
  const written = !existsSync(file);
  if (written) writeFileSync(file, newStackFile(host), { mode: 0o644 });
  if (options.json) json({ done, checks, ...(written && { written: file }) });
  else {
    for (const what of done) say(`  ${what}`);
    if (done.length === 0) say("Nothing was lacking.");
    process.stdout.write(`${hostTableOf(checks)}\n`);
    if (written)
      say(
        `Written: ${relative(process.cwd(), file)}. Put your sites there, then: npx varvol up -s ${options.name}`,
      );
  }
  if (checks.some(({ ok }) => !ok)) throw new Exit(1);
}

/** The key that the machine shows, once somebody has said that it is the machine's. */
async function agreedKey(login: Login, options: Options): Promise<string> {
  const { key, fingerprint } = await shownKey(login);
  const given = options.hostKey?.trim();
  if (given !== undefined) {
    const wanted = given.startsWith("SHA256:") ? given : await fingerprintOf(given);
    if (wanted !== fingerprint)
      throw new UserError(
        `--host-key: ${login.address}:${login.port} shows another key (${fingerprint})`,
        "Something else may answer in its place. Nothing was done.",
      );
    return key;
  }
  const question = `${login.address}:${login.port} shows the key ${fingerprint}. Is it that machine's?`;
  if (!process.stdin.isTTY)
    throw new UserError(
      question,
      "There is no terminal to ask at; say --host-key with that, or the key itself.",
    );
  await confirm({}, question);
  return key;
}

function portsOf(text: string): number[] {
  const ports = text.split(",").map(Number);
  const wrong = ports.some((port) => !Number.isInteger(port) || port < 1 || port > 65_535);
  if (wrong) throw new UserError(`--web ${text}: must be ports with commas between: 80,443`);
  return ports;
}

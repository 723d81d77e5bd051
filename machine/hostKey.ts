import { existsSync } from "node:fs";
import { UserError } from "../base/errors";
import { attempt, capture, lastLines } from "../base/exec";
import type { Login } from "./login";

/** A machine's public ssh key, and its fingerprint as ssh shows it. */
export interface HostKey {
  readonly key: string;
  readonly fingerprint: string;
}

/** The key that a machine shows to whoever asks: that it is the machine's own, somebody has to say who has seen it there. */
export async function shownKey({ address, port }: Omit<Login, "user">): Promise<HostKey> {
  const { stdout, stderr } = await attempt([
    ...["ssh-keyscan", "-T", "10", "-t", "ed25519,ecdsa,rsa", "-p", String(port), address],
  ]);
  const keys = stdout
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(" ").slice(1, 3).join(" "));
  const key = keys.find((one) => one.startsWith("ssh-ed25519 ")) ?? keys[0];
  if (!key)
    throw new UserError(
      `${address}:${port} shows no ssh key: ${lastLines(stderr, 1) || "nothing answers there"}`,
      "Check address and port, and whether its ssh server runs.",
    );
  return { key, fingerprint: await fingerprintOf(key) };
}

/** SHA256:… of a public key. */
export async function fingerprintOf(key: string): Promise<string> {
  const printed = await capture(["ssh-keygen", "-lf", "-"], { input: `${key}\n` });
  return printed.trim().split(" ")[1] ?? "";
}

/** The public half of a private key that lies in a file. Throws where ssh could not use it by itself. */
export async function publicKeyOf(file: string): Promise<string> {
  if (!existsSync(file))
    throw new UserError(
      `${file}: there is no such key`,
      "Make one (ssh-keygen -t ed25519), or name yours: --key",
    );
  const { code, stdout } = await attempt(["ssh-keygen", "-y", "-P", "", "-f", file]);
  if (code === 0) return stdout.trim();
  throw new UserError(
    `${file} has a passphrase, or is no private key.`,
    "Varvol asks for none: make a key without one for it (ssh-keygen -t ed25519 -N '' -f FILE), and name that: --key",
  );
}

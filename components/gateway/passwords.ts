import * as crypto from "node:crypto";

/** As crypt(3) has it for fast machines' sake: nginx computes one at every request. */
const ROUNDS = 1000;
const LETTERS = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** Which bytes of the digest stand beside each other: https://www.akkadia.org/drepper/SHA-crypt.txt */
const ORDER = Array.from({ length: 21 }, (_, i) => {
  const all = [i, i + 21, i + 42];
  return [...all.slice(i % 3), ...all.slice(0, i % 3)];
});

/** What htpasswd, openssl and mkpasswd write: a password that is hashed already. */
export const HASHED =
  /^\$(?:2[aby]\$\d\d\$[./A-Za-z0-9]{53}|apr1\$[^$:]{1,8}\$[./A-Za-z0-9]{22}|[56]\$[^:]{20,}|y\$[^:]{20,})$/;

/** A password's hash as crypt(3) makes it by SHA-512: no command is told the password, and no file. */
export function hashed(password: string, salt: string, rounds = ROUNDS): string {
  const key = Buffer.from(password);
  const seed = Buffer.from(salt.slice(0, 16));
  const sha = (...parts: readonly Buffer[]) =>
    crypto.createHash("sha512").update(Buffer.concat(parts)).digest();
  const repeated = (bytes: Buffer, length: number) =>
    Buffer.concat(Array<Buffer>(Math.ceil(length / bytes.length)).fill(bytes)).subarray(0, length);
  const other = sha(key, seed, key);
  const bits: Buffer[] = [];
  for (let n = key.length; n > 0; n >>= 1) bits.push(n & 1 ? other : key);
  const first = sha(key, seed, repeated(other, key.length), ...bits);
  const keys = repeated(sha(...Array<Buffer>(key.length).fill(key)), key.length);
  const seeds = repeated(sha(...Array<Buffer>(16 + (first[0] ?? 0)).fill(seed)), seed.length);
  let digest = first;
  for (let round = 0; round < rounds; round++) {
    digest = sha(
      round % 2 ? keys : digest,
      ...(round % 3 ? [seeds] : []),
      ...(round % 7 ? [keys] : []),
      round % 2 ? digest : keys,
    );
  }
  const bytes = digest;
  const text = [
    ...ORDER.map((three) =>
      letters(
        three.map((at) => bytes[at] ?? 0),
        4,
      ),
    ),
    letters([0, 0, bytes[63] ?? 0], 2),
  ];
  return `$6$rounds=${rounds}$${seed.toString()}$${text.join("")}`;
}

function letters([high = 0, middle = 0, low = 0]: readonly number[], count: number): string {
  const value = (high << 16) | (middle << 8) | low;
  return Array.from({ length: count }, (_, i) => LETTERS[(value >> (6 * i)) & 63]).join("");
}

/** A file of names and passwords for nginx, in which equal passwords don't look equal. */
export function passwordFile(users: Readonly<Record<string, string>>, salt: string): string {
  return Object.entries(users)
    .map(([name, password]) => {
      const own = crypto.createHash("sha256").update(`${salt}:${name}`).digest("hex").slice(0, 16);
      return `${name}:${HASHED.test(password) ? password : hashed(password, own)}\n`;
    })
    .join("");
}

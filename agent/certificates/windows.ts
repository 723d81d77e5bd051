import { X509Certificate } from "node:crypto";
import { text as textOf } from "node:stream/consumers";
import { z } from "zod";
import { askJson } from "./askJson";

/** Whose windows are asked for, as JSON on standard input: ids of certificates by site. */
export const windowsSchema = z.strictObject({
  directory: z.url(),
  authority: z.string().optional(),
  ids: z.record(z.string(), z.string()),
});

/** When the authority wants a certificate renewed (ARI, RFC 9773), in seconds since 1970. */
export const windowSchema = z.strictObject({ from: z.number(), until: z.number() });

export type Window = z.infer<typeof windowSchema>;

const directorySchema = z.object({ renewalInfo: z.url().optional() });
const time = z.iso.datetime({ offset: true }).transform((text) => Math.floor(Date.parse(text) / 1000));
const answerSchema = z.object({ suggestedWindow: z.object({ start: time, end: time }) });

/** The authority's windows, by site. Those that it has none of are left out. */
export async function windows({
  directory,
  authority,
  ids,
}: z.infer<typeof windowsSchema>): Promise<Record<string, Window>> {
  const { renewalInfo } = directorySchema.parse(await askJson(directory, authority));
  if (renewalInfo === undefined) return {};
  const found = await Promise.all(
    Object.entries(ids).map(async ([site, id]) => {
      const answer = answerSchema.safeParse(
        await askJson(`${renewalInfo}/${id}`, authority).catch(() => undefined),
      );
      if (!answer.success) return [];
      const { start, end } = answer.data.suggestedWindow;
      return [[site, { from: start, until: end }] as const];
    }),
  );
  return Object.fromEntries(found.flat());
}

/** The part that runs in a container with a network. */
export async function windowsHere(): Promise<void> {
  const found = await windows(windowsSchema.parse(JSON.parse(await textOf(process.stdin))));
  process.stdout.write(`${JSON.stringify(found)}\n`);
}

/** A certificate's name at its authority: whose key has signed it, and its number (RFC 9773, 4.1). Undefined where it has none. */
export function certificateId(pem: string): string | undefined {
  const found = new X509Certificate(pem);
  const key = authorityKey(found.raw);
  if (key === undefined) return undefined;
  const digits = found.serialNumber.padStart(2 * Math.ceil(found.serialNumber.length / 2), "0");
  const serial = Buffer.from(digits, "hex");
  // As DER has it: a first bit that is set would make it a negative number.
  const number = (serial[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), serial]) : serial;
  return `${key.toString("base64url")}.${number.toString("base64url")}`;
}

/** The extension authorityKeyIdentifier (RFC 5280, 4.2.1.1), which node does not read. */
const AUTHORITY_KEY = Buffer.from("0603551d23", "hex");
const [OCTETS, SEQUENCE, KEY] = [0x04, 0x30, 0x80];

function authorityKey(der: Buffer): Buffer | undefined {
  const at = der.indexOf(AUTHORITY_KEY);
  if (at < 0) return undefined;
  const extension = inside(der.subarray(at + AUTHORITY_KEY.length), OCTETS);
  const parts = extension && inside(extension, SEQUENCE);
  return parts && inside(parts, KEY);
}

/** What is in the element of DER that stands first, if it has this tag. */
function inside(der: Buffer, tag: number): Buffer | undefined {
  const [found, short = 0] = der;
  if (found !== tag) return undefined;
  // From 0x80 on it says how many bytes say the length.
  const more = short < 0x80 ? 0 : short - 0x80;
  const length = more === 0 ? short : der.readUIntBE(2, more);
  return der.subarray(2 + more, 2 + more + length);
}

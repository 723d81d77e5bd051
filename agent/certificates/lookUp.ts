import * as dns from "node:dns/promises";
import * as http from "node:http";
import { text as textOf } from "node:stream/consumers";
import { z } from "zod";
import { askJson } from "./askJson";

const PATIENCE = 5000;

/** What is looked up before an order, as JSON on standard input. */
export const lookUpSchema = z.strictObject({
  names: z.array(z.string()),
  /** Addresses of resolvers to ask, with a port where it is not 53. Empty: those of the machine. */
  resolvers: z.array(z.string()),
  /** The authority's address, and what proves that it is the one where no browser knows it. */
  directory: z.url(),
  authority: z.string().optional(),
  /** What the gateway serves under `path`, and at which port of each address. Undefined: names are proven in the DNS. */
  probe: z.strictObject({ path: z.string(), text: z.string(), port: z.number() }).optional(),
});

export type LookUp = z.infer<typeof lookUpSchema>;

/** A record of CAA, as node gives it: one property is the tag. */
export type Caa = Readonly<Record<string, string | number>>;

/** What is wrong with names, by name; those that are well are left out. */
export async function lookUp({ names, resolvers, probe, ...ca }: LookUp): Promise<Record<string, string>> {
  const authorities = await caaIdentities(ca);
  const resolver = new dns.Resolver({ timeout: PATIENCE, tries: 2 });
  if (resolvers.length > 0) resolver.setServers(resolvers);
  const found = await Promise.all(
    names.map(async (name) => {
      const asked = problemOf(resolver, name, authorities, probe);
      return [
        name,
        await asked.catch((error: Error) => `the DNS can't be asked for ${name}: ${error.message}`),
      ] as const;
    }),
  );
  return Object.fromEntries(
    found.flatMap(([name, problem]) => (problem === undefined ? [] : [[name, problem]])),
  );
}

/** The part that runs in a container with a network: reads what to look up, and prints what it found. */
export async function lookUpHere(): Promise<void> {
  const found = await lookUp(lookUpSchema.parse(JSON.parse(await textOf(process.stdin))));
  process.stdout.write(`${JSON.stringify(found)}\n`);
}

const directorySchema = z.object({
  meta: z.object({ caaIdentities: z.array(z.string()).default([]) }).optional(),
});

/** The names that the authority has in CAA records, by its own word (RFC 8555, 7.1.1); none where it says none. */
async function caaIdentities({
  directory,
  authority,
}: Pick<LookUp, "directory" | "authority">): Promise<string[]> {
  const answer = directorySchema.parse(await askJson(directory, authority));
  return answer.meta?.caaIdentities ?? [];
}

async function problemOf(
  resolver: dns.Resolver,
  name: string,
  authorities: readonly string[],
  probe: LookUp["probe"],
): Promise<string | undefined> {
  const refused = await forbidden(resolver, name, authorities);
  if (refused !== undefined) return refused;
  // What is proven in the DNS may be served to a house alone.
  if (!probe) return undefined;
  const [four, six] = await Promise.all([
    records(() => resolver.resolve4(name)),
    records(() => resolver.resolve6(name)),
  ]);
  const addresses = [...four, ...six];
  if (addresses.length === 0) return `${name} has no address in the DNS (neither A nor AAAA)`;
  const answers = await Promise.all(addresses.map((address) => isElsewhere(address, name, probe)));
  const wrong = addresses.filter((_, i) => answers[i]);
  if (wrong.length === 0) return undefined;
  return `${name} leads to another machine: ${wrong.join(", ")} answers, but is not this gateway`;
}

/** The authority takes the first set of records on the way up (RFC 8659). */
async function forbidden(
  resolver: dns.Resolver,
  name: string,
  authorities: readonly string[],
): Promise<string | undefined> {
  if (authorities.length === 0) return undefined;
  const wild = name.startsWith("*.");
  const labels = (wild ? name.slice(2) : name).split(".");
  for (let i = 0; i < labels.length; i++) {
    const at = labels.slice(i).join(".");
    const set = await records(() => resolver.resolveCaa(at) as unknown as Promise<Caa[]>);
    if (set.length === 0) continue;
    const allowed = issuers(set, wild);
    if (allowed === undefined || allowed.some((one) => authorities.includes(one))) return undefined;
    const only = allowed.filter(Boolean).join(", ") || "nobody";
    return `the CAA record of ${at} allows ${only} to issue certificates for ${name}, and not ${authorities.join(" or ")}`;
  }
  return undefined;
}

/** Who may issue by a set of CAA records; undefined for anybody. */
export function issuers(set: readonly Caa[], wild: boolean): string[] | undefined {
  const of = (tag: string) => set.flatMap((one) => (typeof one[tag] === "string" ? [one[tag]] : []));
  const wildcard = wild ? of("issuewild") : [];
  const values = wildcard.length > 0 ? wildcard : of("issue");
  if (values.length === 0) return undefined;
  return values.map((value) => value.split(";")[0]?.trim().toLowerCase() ?? "");
}

/** None where the DNS says that there are none. Throws where it can't be asked: the authority would not get further. */
async function records<T>(ask: () => Promise<T[]>): Promise<T[]> {
  try {
    return await ask();
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (["ENODATA", "ENOTFOUND"].includes(code)) return [];
    throw error;
  }
}

/** Whether an address answers with something else. One that does not answer may be this router's outer side. */
function isElsewhere(address: string, name: string, probe: NonNullable<LookUp["probe"]>): Promise<boolean> {
  return new Promise((resolve) => {
    const request = http.get(
      { host: address, port: probe.port, path: probe.path, headers: { host: name }, timeout: PATIENCE },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (data: string) => (text = (text + data).slice(0, 1000)));
        answer.once("close", () => resolve(text.trim() !== probe.text));
      },
    );
    request.once("timeout", () => request.destroy());
    request.once("error", () => resolve(false));
  });
}

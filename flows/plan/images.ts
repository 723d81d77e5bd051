import { z } from "zod";
import type { PackageChange } from "./schema";

type Packages = Readonly<Record<string, string>>;

/** What is in each image, by its name: the stack's output `images`. */
export type KnownImages = Readonly<Record<string, { readonly packages: Packages }>>;

const outputSchema = z.record(z.string(), z.object({ packages: z.record(z.string(), z.string()) }));

/** What the stack's outputs say of the images that it runs so far; nothing where an older program wrote them. */
export function imagesSoFar(outputs: Readonly<Record<string, unknown>>): KnownImages {
  const parsed = outputSchema.safeParse(outputs.images);
  return parsed.success ? parsed.data : {};
}

/** The packages of two images, of which the version differs. */
export function packageChanges(old: Packages | undefined, now: Packages | undefined): PackageChange[] {
  if (!old || !now) return [];
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
  return names.flatMap((name) =>
    old[name] === now[name] ? [] : [{ name, old: old[name] ?? null, new: now[name] ?? null }],
  );
}

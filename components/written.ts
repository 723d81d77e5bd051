import * as crypto from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

const writtenSchema = z.object({
  /** Of each file's content, by its path below a place. */
  files: z.record(z.string(), z.string()),
  /** Folders below the volume root that have all of them, and the commands that write them there again. */
  places: z.array(z.object({ folder: z.string(), urns: z.array(z.string()) })),
});

/** As states before had it. */
const fileSchema = z.object({ path: z.string(), sha256: z.string(), urns: z.array(z.string()) });

/**
 * Files that a component has on the host. Components have theirs in the output `written`, for drift to compare; what several
 * files have in common stands there once, as it is a part of each site's state.
 */
export type Written = Readonly<z.infer<typeof writtenSchema>>;

/** One of them: its path below the volume root, its content's hash, and the commands that write it again. */
export type WrittenFile = Readonly<z.infer<typeof fileSchema>>;

/** What a command wrote below a folder, by path; known once it has. */
export function writtenBy(
  command: { readonly urn: pulumi.Output<string>; readonly stdout: pulumi.Output<string> },
  files: pulumi.Input<Readonly<Record<string, string>>>,
  folder: pulumi.Input<string> = "",
): pulumi.Output<Written[]> {
  return pulumi
    .all([command.urn, command.stdout, files, folder])
    .apply(([urn, , contents, at]) =>
      Object.keys(contents).length === 0
        ? []
        : [
            {
              files: Object.fromEntries(
                Object.entries(contents).map(([path, content]) => [path, sha256(content)]),
              ),
              places: [{ folder: at, urns: [urn] }],
            },
          ],
    );
}

/** Each file by itself, of an output `written` in a state. */
export function writtenFiles(output: unknown): WrittenFile[] {
  return z
    .array(z.union([writtenSchema, fileSchema]))
    .parse(output)
    .flatMap(filesOf);
}

function filesOf(one: Written | WrittenFile): WrittenFile[] {
  if ("path" in one) return [one];
  return one.places.flatMap(({ folder, urns }) =>
    Object.entries(one.files).map(([path, hash]) => ({
      ...{ path: folder === "" ? path : `${folder}/${path}`, sha256: hash, urns },
    })),
  );
}

export function sha256(content: string): string {
  return crypto.createHash("sha256").update(content).digest("hex");
}

import * as crypto from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

export const writtenSchema = z.object({
  /** Below the volume root. */
  path: z.string(),
  /** Of its content. */
  sha256: z.string(),
  /** The commands that write it again. */
  urns: z.array(z.string()),
});

/** A file that a component has on the host. Components have theirs in the output `written`, for drift to compare. */
export type WrittenFile = Readonly<z.infer<typeof writtenSchema>>;

/** What a command wrote, by path below the volume root; known once it has. */
export function writtenBy(
  command: { readonly urn: pulumi.Output<string>; readonly stdout: pulumi.Output<string> },
  files: pulumi.Input<Readonly<Record<string, string>>>,
): pulumi.Output<WrittenFile[]> {
  return pulumi
    .all([command.urn, command.stdout, files])
    .apply(([urn, , contents]) =>
      Object.entries(contents).map(([path, content]) => ({ path, sha256: sha256(content), urns: [urn] })),
    );
}

export function sha256(content: string): string {
  return crypto.createHash("sha256").update(content).digest("hex");
}

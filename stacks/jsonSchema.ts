import { z } from "zod";
import { stackSchema } from "./schema";

/** The JSON schema of a stack file, which its first line names so that editors complete and check it. */
export function stackFileSchema(): Record<string, unknown> {
  const keys = z.toJSONSchema(stackSchema, { io: "input" }) as {
    properties: Record<string, unknown>;
    required?: string[];
  };
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Varvol stack file",
    type: "object",
    properties: {
      config: {
        type: "object",
        properties: Object.fromEntries(
          Object.entries(keys.properties).map(([key, value]) => [`varvol:${key}`, value]),
        ),
        required: (keys.required ?? []).map((key) => `varvol:${key}`),
      },
    },
    required: ["config"],
  };
}

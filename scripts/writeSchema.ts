import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stackFileSchema } from "../stacks/jsonSchema";

writeFileSync(
  join(__dirname, "..", "schema", "stack.schema.json"),
  `${JSON.stringify(stackFileSchema(), null, 2)}\n`,
);

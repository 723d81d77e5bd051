import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { planJsonSchema } from "../flows/plan/schema";
import { stackFileSchema } from "../stacks/jsonSchema";

const schemas = { "stack.schema.json": stackFileSchema(), "plan.schema.json": planJsonSchema() };

for (const [file, schema] of Object.entries(schemas)) {
  writeFileSync(join(__dirname, "..", "schema", file), `${JSON.stringify(schema, null, 2)}\n`);
}

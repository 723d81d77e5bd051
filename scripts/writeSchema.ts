import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { WEB_FILES } from "../components/sites/webFiles";
import { planJsonSchema } from "../flows/plan/schema";
import { stackFileSchema } from "../stacks/jsonSchema";

/** What other programs read, and is written in TypeScript. */
const schemas = { "stack.schema.json": stackFileSchema(), "plan.schema.json": planJsonSchema() };

const root = join(__dirname, "..");
for (const [file, text] of Object.entries(WEB_FILES)) writeFileSync(join(root, "images/web", file), text);
for (const [file, schema] of Object.entries(schemas)) {
  writeFileSync(join(root, "schema", file), `${JSON.stringify(schema, null, 2)}\n`);
}

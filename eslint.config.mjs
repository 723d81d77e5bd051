import importX from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";

// Each room may import itself and the rooms before it, and none after it; see docs/architecture.md.
const ROOMS = ["base", "machine", "components", "stacks", "engine", "flows", "cli"];

/** Forbids files to import what a regular expression finds in the path. */
function forbid(files, regex, message) {
  return { files, rules: { "no-restricted-imports": ["error", { patterns: [{ regex, message }] }] } };
}

export default tseslint.config(
  { ignores: ["node_modules/", ".varvol/"] },
  ...tseslint.configs.recommended,
  {
    files: ["**/*.ts"],
    languageOptions: { parserOptions: { projectService: true } },
    plugins: { "import-x": importX },
    settings: {
      "import-x/parsers": { "@typescript-eslint/parser": [".ts"] },
      "import-x/resolver": { node: { extensions: [".ts"] } },
    },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/ban-ts-comment": "error",
      "import-x/no-cycle": "error",
    },
  },
  { files: ["**/*.cjs"], rules: { "@typescript-eslint/no-require-imports": "off" } },
  ...ROOMS.slice(0, -1).map((room, i) =>
    forbid(
      [`${room}/**/*.ts`],
      `^(\\.\\./)+(${ROOMS.slice(i + 1).join("|")})/`,
      `${room}/ may import ${ROOMS.slice(0, i + 1).join(", ")}`,
    ),
  ),
  forbid(
    ["index.ts"],
    "^\\./(base|machine|engine|flows|cli)/",
    "the program may import components and stacks",
  ),
  forbid(["cli/verbs/*.ts"], "^\\./", "no verb imports another: what they share is a flow"),
);

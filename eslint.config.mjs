import importX from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";

// Each room may import itself and the rooms before it, and none after it; see docs/architecture.md.
const ROOMS = ["agent", "base", "machine", "components", "stacks", "engine", "flows", "cli"];

/** Forbids files to import what a regular expression finds in the path. */
function forbid(files, regex, message) {
  return { files, rules: { "no-restricted-imports": ["error", { patterns: [{ regex, message }] }] } };
}

// What a kind of site is stands in its descriptor: whoever else asks which one it is asks that.
const NO_KIND = ["left", "right"].flatMap((side) => {
  const other = side === "left" ? "right" : "left";
  return [`[${side}.property.name="kind"]`, `[${side}.name="kind"]`].map((kind) => ({
    selector: `BinaryExpression[operator=/^[!=]==?$/]${kind}[${other}.type="Literal"]`,
    message: "ask the kind's descriptor (stacks/kinds); a kind of another thing goes by another name",
  }));
});
const NO_SWITCH = {
  selector: 'SwitchStatement:matches([discriminant.property.name="kind"], [discriminant.name="kind"])',
  message: "ask the kind's descriptor (stacks/kinds)",
};

export default tseslint.config(
  { ignores: ["node_modules/", ".varvol/", "images/agent/agent.js"] },
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
  {
    files: ["**/*.ts"],
    ignores: ["stacks/kinds/**"],
    rules: { "no-restricted-syntax": ["error", ...NO_KIND, NO_SWITCH] },
  },
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

require("tsx/cjs");
require("./files.ts");

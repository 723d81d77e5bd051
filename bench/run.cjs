require("tsx/cjs");
require("./run.ts");

// Before anything is loaded: libraries look once, and take CI=true for a terminal that shows colours.
if (!process.stdout.isTTY) process.env.NO_COLOR = "1";
require("tsx/cjs");
require("./run.ts");

require("../toolchain/typescript.cjs");
process.setSourceMapsEnabled(true);
require("./files.ts");

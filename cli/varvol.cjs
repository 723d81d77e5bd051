#!/usr/bin/env node
"use strict";
require("node:module").enableCompileCache?.();
require("../toolchain/typescript.cjs");
void require("./main.ts").main();

#!/usr/bin/env node
"use strict";
require("node:module").enableCompileCache?.();
require("tsx/cjs");
void require("./main.ts").main();

module.exports = { require: ["tsx/cjs"], timeout: 60_000, forbidOnly: true };

import assert from "node:assert/strict";
import { parseDocument } from "yaml";
import { editableSites, hasSecrets } from "../../engine/stackFile";
import { textsOf, valuesOf } from "../../stacks/rawConfig";

describe("a stack file's values", () => {
  it("are the same from Pulumi's text as from YAML", () => {
    const config = {
      "varvol:kind": "local",
      "varvol:sites": [{ name: "one", memory: 32 }],
      "varvol:text": '{"a":[1]}',
      "varvol:number": 12,
      "varvol:yes": true,
      "other:kind": "x",
    };
    assert.deepEqual(valuesOf(textsOf(config)), {
      ...{ kind: "local", sites: [{ name: "one", memory: 32 }] },
      ...{ text: { a: [1] }, number: 12, yes: true },
    });
  });

  it("are known to be encrypted wherever they stand", () => {
    assert.ok(hasSecrets("config:\n  varvol:a: { b: [ { secure: v1:x } ] }\n"));
    assert.ok(hasSecrets("config:\n  varvol:a:\n    secure: v1:x\n"));
    assert.ok(!hasSecrets("# secure: x\nconfig:\n  varvol:a: 'secure: x'\nencryptionsalt: v1:x\n"));
    assert.ok(!hasSecrets(""));
  });

  it("can be changed for one site alone, however the list is written", () => {
    for (const sites of [
      "\n    - &a { name: one, image: x }\n    - *a",
      "\n    - &a { name: one, image: x }\n    - { <<: *a, name: two }",
      ` '[{"name":"one","image":"x"},{"name":"two"}]'`,
    ]) {
      const document = parseDocument(`config:\n  varvol:sites:${sites}\n`);
      editableSites(document, "x")?.setIn([1, "image"], "y");
      const written = parseDocument(document.toString(), { merge: true }).toJS() as {
        config: { "varvol:sites": { image: string }[] };
      };
      assert.deepEqual(
        written.config["varvol:sites"].map(({ image }) => image),
        ["x", "y"],
        sites,
      );
    }
    const none = parseDocument("config: {}\n");
    assert.equal(editableSites(none, "x"), undefined);
    assert.throws(() => editableSites(parseDocument("config: { 'varvol:sites': 1 }"), "x"), /is no list/);
  });
});

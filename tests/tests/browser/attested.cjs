// Passkeys whose maker vouches for them, and others.
"use strict";
const { enrol, given, must, open, story } = require("./browser.cjs");

// Tries to make one; what the page says.
async function make(person, change) {
  await person.go("/enrol");
  await person.page.fill("#person", person.name);
  await person.page.getByRole("button", { name: "Go on" }).click();
  if (change) await person.page.evaluate(change);
  const findings = await person.look("make");
  must(findings.length === 0, findings.join("\n"));
  await person.page.getByRole("button", { name: "Make the passkey" }).click();
  await person.page.waitForURL("**/enrol/passkey");
  return person.text();
}

story(async () => {
  const { browser, person } = await open();
  const bo = await person("bo");
  if (given.taken) {
    const id = await enrol(bo, "bo", ["ana", "cy"]);
    const silent = () => { document.querySelector("form[data-passkey]").dataset.attestation = "none"; };
    const text = await make(await person("cy"), silent);
    must(text.includes("no maker vouches for it"), text);
    return { id };
  }
  const text = await make(bo);
  must(text.includes(given.why) && text.includes("[approval.attestation]"), text);
  await browser.close();
});

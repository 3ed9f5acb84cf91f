// Who is to be taken out is shown nothing more, whatever their provider says of them.
"use strict";
const { given, interlock, must, open, story } = require("./browser.cjs");

story(async () => {
  const { browser, person } = await open();
  const cy = await person("cy");
  await cy.go("/ledger");
  await cy.page.getByRole("link", { name: "Sign in with Example" }).click();
  await cy.page.fill("input[name=login]", "cy");
  await cy.page.fill("input[name=password]", "x");
  await cy.page.getByRole("button").first().click();
  await cy.page.getByRole("button", { name: /continue/i }).click();
  await cy.page.waitForURL("**/ledger");
  interlock("--json", "person", "remove", "cy", "--key", given.keys.ana, "--reason", "cy has left");
  must((await cy.go("/ledger")).status() === 403, "a suspended person reads the ledger");
  must((await cy.page.content()).includes("Your key is suspended"), await cy.page.content());
  const findings = await cy.look("suspended");
  must(findings.length === 0, JSON.stringify(findings));
  await cy.page.getByRole("link", { name: /^request tk-/ }).click();
  must((await cy.page.content()).includes("take out cy"), "what asks for it is not shown");
  await browser.close();
});

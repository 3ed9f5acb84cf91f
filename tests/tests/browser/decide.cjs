// Two people make passkeys, one after the other come in, read, and approve; another says no.
"use strict";
const { enrol, given, interlock, must, open, story } = require("./browser.cjs");

story(async () => {
  const { browser, person } = await open();
  const [bo, cy] = [await person("bo"), await person("cy")];
  const findings = [];
  await bo.go("/");
  must(bo.page.url().includes("/sign-in"), "nobody reads without signing in");
  findings.push(...(await bo.look("sign-in")));
  await enrol(bo, "bo", ["ana", "cy"]);
  findings.push(...(await bo.look("passkey-made")));
  await enrol(cy, "cy", ["ana", "bo"]);
  await bo.signIn();
  await cy.signIn(`/requests/${given.ticket}`);

  // Bo reads: what would vanish stands first, and denying is what is nearest.
  await bo.go("/");
  must((await bo.text()).includes("prod-school"), await bo.text());
  findings.push(...(await bo.look("queue")));
  await bo.page.keyboard.press("j");
  await bo.page.keyboard.press("Enter");
  await bo.page.waitForURL(`**/requests/${given.ticket}`);
  const read = await bo.text();
  for (const words of ["destroy", "prod-school", "comes back only from a recovery point", "afterwards", "unverified"]) {
    must(read.includes(words), `the page does not say \`${words}\`: ${read}`);
  }
  findings.push(...(await bo.look("request")));
  const buttons = await bo.page.locator(".decide button").allInnerTexts();
  must(buttons[0] === "Deny…", `deny comes first: ${buttons}`);

  // By keys alone, up to the signature.
  await bo.page.keyboard.press("d");
  await bo.page.keyboard.type("it is empty since May");
  await bo.page.keyboard.press("Tab");
  await bo.page.keyboard.type("prod-school");
  await bo.page.keyboard.press("Tab");
  await bo.page.keyboard.press("Tab");
  must((await bo.page.evaluate(() => document.activeElement.textContent)).startsWith("Approve"), "the third tab is the yes");
  await bo.page.keyboard.press("Enter");
  await bo.page.getByRole("heading", { name: "You are about to APPROVE" }).waitFor();
  findings.push(...(await bo.look("sign")));
  for (let n = 0; n < 30; n += 1) {
    await bo.page.keyboard.press("Tab");
    if ((await bo.page.evaluate(() => document.activeElement.textContent)).startsWith("Sign with")) break;
  }
  await bo.page.keyboard.press("Enter");
  await bo.page.waitForURL(`**/requests/${given.ticket}`);
  must((await bo.text()).includes("1 of 2 approvals"), await bo.text());

  // Typing another name, or nothing as a reason, leads nowhere.
  await cy.page.fill("#reason", "fine");
  await cy.page.fill("#typed", "prod-other");
  await cy.page.getByRole("button", { name: "Approve…" }).click();
  must((await cy.text()).includes("prod-school"), await cy.text());
  findings.push(...(await cy.look("fault")));
  await cy.decide(given.ticket, "approve", "agreed with bo", "prod-school");
  must((await cy.text()).includes("Approved at"), await cy.text());

  // The other one is denied, with words for the agent.
  await cy.decide(given.other, "deny", "take a snapshot first");
  must((await cy.text()).includes("take a snapshot first"), await cy.text());
  findings.push(...(await cy.look("denied")));

  for (const [place, name] of [
    ["/?all=true", "all"],
    ["/feed", "feed"],
    ["/sessions", "sessions"],
    ["/policies", "policies"],
    ["/health", "health"],
    ["/ledger", "ledger"],
    ["/settings", "settings"],
    ["/enrol", "enrol"],
    ["/nowhere", "missing"],
  ]) {
    await cy.go(place);
    findings.push(...(await cy.look(name)));
  }
  await cy.go("/ledger");
  await cy.page.getByRole("button", { name: "Verify the whole log" }).click();
  findings.push(...(await cy.look("ledger-verified")));
  must((await cy.text()).includes("It holds"), await cy.text());

  // A link that lets somebody in, as it stands before it is followed.
  await cy.page.goto(interlock("console", "--key", given.keys.cy).trim());
  findings.push(...(await cy.look("link")));

  // What happens comes in by itself, and whoever was away goes on where they were.
  await cy.go("/feed");
  const before = await cy.page.locator(".entries > li").count();
  interlock("freeze", "--service", "s3", "--reason", "just so");
  await cy.page.locator(".entries > li", { hasText: "frozen" }).first().waitFor();
  must((await cy.page.locator(".entries > li").count()) > before, "an entry came in");

  must(findings.length === 0, findings.join("\n"));
  bo.clean();
  cy.clean();
  await browser.close();
});

// An incident: one person breaks the glass from a command line, signs in the console, decides alone on what is in its scope.
"use strict";
const { enrol, given, interlock, must, open, signedIn, story } = require("./browser.cjs");

story(async () => {
  const { browser, person } = await open();
  const [bo, cy] = [await person("bo"), await person("cy", { authenticator: { defaultBackupEligibility: true } })];
  await enrol(bo, "bo", ["ana", "cy"]);
  await enrol(cy, "cy", ["ana", "bo"]);
  await bo.signIn();
  await cy.signIn();
  const findings = [];

  const open_ = ["break-glass", "open", "--incident", "INC-7", "--scope", "prod-school*", "--minutes", "5", "--reason", "disk is full"];
  let refused = await signedIn(cy, ...open_, "--key", "passkey:cy");
  must(refused.code !== 0 && refused.err.includes("not among those"), refused.err);
  const broken = await signedIn(bo, ...open_, "--key", "passkey:bo");
  must(broken.code === 0 && broken.out.includes("is broken until"), broken.err);
  must(broken.shown.includes("INC-7") && broken.shown.includes("prod-school"), broken.shown);
  const id = /gl-\w+/.exec(broken.out)[0];
  findings.push(...(await bo.look("signed")));

  // Everybody sees it on every page.
  await cy.go("/feed");
  const alarm = await cy.page.locator(".alarm").first().innerText();
  must(alarm.includes("bo has broken the glass for INC-7"), alarm);
  findings.push(...(await cy.look("glass")));

  await bo.decide(given.ticket, "approve", "it is the incident", "prod-school");
  const text = await bo.text();
  must(text.includes("Approved at") && text.includes(`by broken glass ${id}`), text);
  // What is not in the scope takes two, as ever.
  await bo.decide(given.other, "approve", "it is not", "prod-other");
  must((await bo.text()).includes("1 of 2 approvals"), await bo.text());

  await bo.decide(given.late, "approve", "this too", "prod-school-late");
  must(findings.length === 0, findings.join("\n"));
  bo.clean();
  cy.clean();
  const held = { bo: await bo.credentials(), cy: await cy.credentials(), id };
  await browser.close();
  return held;
});

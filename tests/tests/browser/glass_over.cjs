// The incident is over: the glass is mended, somebody else looks at it, and only then may it be broken again.
"use strict";
const { given, interlock, must, open, signedIn, story } = require("./browser.cjs");

story(async () => {
  const { browser, person } = await open();
  const [bo, cy] = [await person("bo"), await person("cy", { authenticator: { defaultBackupEligibility: true } })];
  const { id, ...held } = JSON.parse(given.held);
  await bo.hold(held.bo);
  await cy.hold(held.cy);
  await bo.signIn();
  await cy.signIn();
  const words = ["break-glass", "open", "--incident", "INC-8", "--scope", "prod-school", "--reason", "more"];
  const review = (who, reason) =>
    signedIn(who, "break-glass", "review", id, "--key", `passkey:${who.name}`, "--reason", reason);
  const refused = (told, why) => must(told.code !== 0 && told.err.includes(why), told.err);
  refused(await review(cy, "already"), "broken still");
  refused(await signedIn(bo, ...words, "--key", "passkey:bo"), "nobody has looked at");
  const mended = await signedIn(cy, "break-glass", "mend", id, "--key", "passkey:cy", "--reason", "it is over");
  must(mended.code === 0, mended.err);
  refused(await review(bo, "fine"), "somebody else");
  refused(await signedIn(bo, ...words, "--key", "passkey:bo"), "nobody has looked at");
  const looked = await review(cy, "right so");
  must(looked.code === 0, looked.err);
  must(interlock("break-glass", "ls").includes("cy"), "it is reviewed");
  const again = await signedIn(bo, ...words, "--key", "passkey:bo");
  must(again.code === 0, again.err);
  bo.clean();
  cy.clean();
  await browser.close();
});

// What people really did, for an agent that got hold of all of it: the assertion that was sent, and the cookie.
"use strict";
const { enrol, given, must, open, story } = require("./browser.cjs");

story(async () => {
  const { browser, person } = await open();
  const [bo, cy] = [await person("bo"), await person("cy")];
  await enrol(bo, "bo", ["ana", "cy"]);
  await enrol(cy, "cy", ["ana", "bo"]);
  await bo.signIn();
  await cy.signIn();
  let sent = null;
  bo.page.on("request", (request) => {
    if (request.url().endsWith("/decision")) sent = new URLSearchParams(request.postData());
  });
  await bo.decide(given.ticket, "approve", "seen", "prod-school");
  await cy.decide(given.ticket, "approve", "seen", "prod-school");
  must((await cy.text()).includes("Approved at"), await cy.text());
  const [cookie] = await bo.context.cookies();
  must(cookie.httpOnly && cookie.sameSite === "Lax", JSON.stringify(cookie));
  const seen = await bo.page.evaluate(() => document.cookie);
  must(seen === "", "no script reads the cookie");
  // Left open: the cookie is good for as long as the visit lasts.
  await browser.close();
  return { assertion: sent.get("signature"), reason: sent.get("reason"), token: sent.get("token"), cookie: `${cookie.name}=${cookie.value}` };
});

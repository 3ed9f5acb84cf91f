// Nobody decides: the page says so, and there is nothing left to decide.
"use strict";
const { given, must, open, story } = require("./browser.cjs");

story(async () => {
  const { browser, person } = await open();
  const bo = await person("bo");
  await bo.follow(given.keys.bo);
  await bo.go(`/requests/${given.ticket}`);
  must((await bo.text()).includes("Deny…"), await bo.text());
  await bo.page.fill("#reason", "too late");
  for (let n = 0; n < 40; n += 1) {
    await bo.page.waitForTimeout(500);
    await bo.page.reload();
    if ((await bo.text()).includes("Expired")) break;
  }
  const text = await bo.text();
  must(text.includes("Expired: nobody decided in time, which means no."), text);
  must((await bo.page.locator(".decide button").count()) === 0, "nothing is left to press");
  const findings = await bo.look("expired");
  must(findings.length === 0, findings.join("\n"));
  bo.clean();
  await browser.close();
});

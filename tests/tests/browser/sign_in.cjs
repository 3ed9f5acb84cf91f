// Coming in by a provider: in a browser; and past it, with answers that were not asked for there.
"use strict";
const { given, must, open, story } = require("./browser.cjs");

// What the provider sends this browser back with, for somebody who signs in there; not yet followed.
async function answer(person, login, place = "/") {
  const request = person.context.request;
  let at = `${given.console}/sign-in/oidc?next=${encodeURIComponent(place)}`;
  for (let n = 0; n < 20; n += 1) {
    const prompt = /\/interaction\//.test(at);
    let response = await request.get(at, { maxRedirects: 0 });
    if (prompt) {
      const page = await response.text();
      const action = /action="([^"]+)"/.exec(page)[1];
      const form = /name="login"/.test(page) ? { prompt: "login", login, password: "x" } : { prompt: "consent" };
      response = await request.post(new URL(action, at).href, { form, maxRedirects: 0 });
    }
    const leads = response.headers().location;
    must(leads, `${at}: ${response.status()} ${await response.text()}`);
    at = new URL(leads, at).href;
    if (at.startsWith(given.console)) return at;
  }
  throw new Error("the provider does not let go");
}

async function refused(person, url, why) {
  const response = await person.page.goto(url);
  const text = await person.text();
  must(response.status() >= 400 && text.includes(why), `${url}: ${response.status()} ${text}`);
  await person.go("/");
  must(person.page.url().includes("/sign-in"), "nobody came in");
}

story(async () => {
  const { browser, person } = await open();
  const [bo, cy, eve] = [await person("bo"), await person("cy"), await person("eve")];
  const findings = [];

  // As people do it: the page that they wanted, the provider, the page that they wanted.
  await bo.go(`/requests/${given.ticket}`);
  findings.push(...(await bo.look("sign-in-provider")));
  await bo.page.getByRole("link", { name: "Sign in with Example" }).click();
  await bo.page.fill("input[name=login]", "bo");
  await bo.page.fill("input[name=password]", "x");
  await bo.page.getByRole("button").first().click();
  await bo.page.getByRole("button", { name: /continue/i }).click();
  await bo.page.waitForURL(`**/requests/${given.ticket}`);
  must((await bo.text()).includes("prod-school"), await bo.text());
  bo.clean();

  // Which decides nothing: what is sent without a signature is none.
  const token = await bo.page.locator("input[name=token]").first().inputValue();
  const form = { token, decision: "approve", reason: "it is fine", typed: "prod-school", nonce: "1", signature: "" };
  for (const place of ["decision", "sign"]) {
    const url = `${given.console}/requests/${given.ticket}/${place}`;
    const sent = await bo.context.request.post(url, { form, headers: { origin: given.console } });
    must(!(await sent.text()).includes("1 of 2 approvals"), place);
  }
  await bo.go(`/requests/${given.ticket}`);
  must((await bo.text()).includes("0 of 2 approvals"), await bo.text());

  // Whom nobody has named comes in nowhere; nor whose address nobody has verified.
  await refused(eve, await answer(eve, "eve"), "which is nobody here");
  await eve.context.clearCookies();
  if (given.unsure) await refused(eve, await answer(eve, "unsure"), given.unsure);
  await eve.context.clearCookies();

  // An answer is good in the browser that asked, once.
  const own = await answer(cy, "cy");
  await refused(eve, own, "not begun in this browser");
  const its = await answer(eve, "bo");
  const swapped = new URL(its);
  swapped.searchParams.set("code", new URL(own).searchParams.get("code"));
  await refused(eve, swapped.href, "does not hold");
  await eve.context.clearCookies();
  const byAnother = new URL(await answer(eve, "bo"));
  byAnother.searchParams.set("iss", "https://evil.example");
  await refused(eve, byAnother.href, "by another");
  await eve.context.clearCookies();
  const unnamed = new URL(await answer(eve, "bo"));
  unnamed.searchParams.delete("iss");
  await refused(eve, unnamed.href, "by another");
  const again = await answer(cy, "cy", "/ledger");
  const kept = await cy.context.cookies();
  await cy.page.goto(again);
  must(cy.page.url() === `${given.console}/ledger`, cy.page.url());
  await cy.context.clearCookies();
  await cy.context.addCookies(kept.filter((cookie) => cookie.name === "interlock-sign-in"));
  await refused(cy, again, "over already");

  // Nobody is led elsewhere afterwards.
  await cy.context.clearCookies();
  await cy.page.goto(await answer(cy, "cy", "//evil.example/x"));
  must(cy.page.url() === `${given.console}/`, cy.page.url());
  must(findings.length === 0, findings.join("\n"));
  await browser.close();
});

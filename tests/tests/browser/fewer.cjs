// Several requests with one signature, a grant and its end, and an agent's plan.
"use strict";
const { enrol, given, must, open, story } = require("./browser.cjs");

story(async () => {
  const { browser, person } = await open();
  const bo = await person("bo");
  const findings = [];
  await enrol(bo, "bo", ["ana", "cy"]);
  await bo.signIn();
  const sign = () => bo.page.getByRole("button", { name: "Sign with your passkey" }).click();

  // Two that want the same are offered as one.
  must((await bo.text()).includes("2 want the same"), await bo.text());
  findings.push(...(await bo.look("queue-groups")));
  await bo.page.getByRole("link", { name: /2 want the same/ }).click();
  const both = await bo.text();
  must(both.includes("prod-a") && both.includes("prod-b"), both);
  const buttons = await bo.page.locator(".decide button").allInnerTexts();
  must(buttons[0] === "Deny all…", `deny comes first: ${buttons}`);
  findings.push(...(await bo.look("together")));
  await bo.page.fill("#reason", "both are idle");
  await bo.page.getByRole("button", { name: "Approve all 2…" }).click();
  await bo.page.getByRole("heading", { name: "You are about to APPROVE all of these" }).waitFor();
  findings.push(...(await bo.look("together-sign")));
  await sign();
  await bo.page.waitForURL("**/?all=true");
  for (const id of [given.first, given.second]) {
    await bo.go(`/requests/${id}`);
    must((await bo.text()).includes("Approved at"), await bo.text());
    must((await bo.text()).includes("with one signature over several requests"), await bo.text());
  }

  // The like of a request passes for a while, on other terms than were offered first; and is ended.
  await bo.go(`/requests/${given.like}`);
  await bo.page.getByRole("link", { name: /Let the like of it pass/ }).click();
  await bo.page.getByLabel("Calls").fill("3");
  await bo.page.getByLabel("on every thing of these kinds in the same place").check();
  await bo.page.getByRole("button", { name: "Show it with these terms" }).click();
  const offered = await bo.text();
  for (const words of ["up to 3 calls", "EVERY database in production", "aws:rds:RebootDBInstance", "held actions of any session", "permit("]) {
    must(offered.includes(words), `the page does not say \`${words}\`: ${offered}`);
  }
  findings.push(...(await bo.look("grant")));
  await bo.page.fill("#reason", "the nightly reboot");
  await bo.page.getByRole("button", { name: "Let it pass…" }).click();
  await bo.page.getByRole("heading", { name: "You are about to let the like of this PASS" }).waitFor();
  findings.push(...(await bo.look("grant-sign")));
  await sign();
  await bo.page.waitForURL("**/grants");
  must((await bo.text()).includes("its session rests"), await bo.text());
  findings.push(...(await bo.look("grants")));
  await bo.page.getByLabel("Why it is to end").fill("that was all");
  await bo.page.getByRole("button", { name: "End it…" }).click();
  await sign();
  await bo.page.waitForURL("**/grants");
  must((await bo.text()).includes("bo ended it"), await bo.text());

  // A plan: what the agent says is inert, what waits is decided on at once.
  await bo.go("/");
  await bo.page.getByRole("link", { name: `Plan ${given.plan}` }).click();
  const plan = await bo.text();
  must(plan.includes("<b>safe</b>") && plan.includes("unverified"), plan);
  findings.push(...(await bo.look("plan")));
  await bo.page.getByRole("link", { name: /decide on it together/ }).click();
  await bo.page.fill("#reason", "as planned");
  await bo.page.getByRole("button", { name: "Approve all 1…" }).click();
  await sign();
  await bo.page.waitForURL("**/?all=true");

  // The same as JSON: by the visit's cookie to look, with its token besides to do anything, and never without a signature.
  const ask = (path, options) =>
    bo.page.evaluate(async ([path, options]) => {
      const answer = await fetch(path, options);
      return { status: answer.status, body: await answer.json() };
    }, [path, options]);
  const visit = await ask("/api/v1/visit");
  must(visit.body.person === "bo", JSON.stringify(visit));
  const one = await ask(`/api/v1/requests/${given.first}`);
  must(one.status === 200 && one.body.ticket.id === given.first, JSON.stringify(one));
  const description = await ask("/api/v1/openapi.json");
  must(description.body.paths["/v1/requests/{id}/decision"], "the API is described");
  const decision = { decision: "deny", person: "bo", reason: "no", signature: "none" };
  const post = (token) => ({
    method: "POST",
    headers: { "content-type": "application/json", ...(token && { "x-interlock-token": token }) },
    body: JSON.stringify(decision),
  });
  const path = `/api/v1/requests/${given.second}/decision`;
  must((await ask(path, post())).status === 403, "without the token nothing is done");
  must((await ask(path, post("0".repeat(32)))).status === 403, "nor with another");
  must((await ask(path, post(visit.body.token))).status === 403, "nor without a signature");
  const stranger = await person("eve");
  const answer = await stranger.page.request.get(`${given.console}/api/v1/requests`);
  must(answer.status() === 401, `nobody who has not signed in: ${answer.status()}`);

  must(findings.length === 0, findings.join("\n"));
  bo.clean();
  await browser.close();
});

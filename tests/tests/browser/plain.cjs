// Without scripts: in by a link, a decision signed with an OpenSSH key and put into the form.
"use strict";
const { execFileSync } = require("node:child_process");
const { given, interlock, must, open, story } = require("./browser.cjs");

story(async () => {
  const { browser, person } = await open();
  for (const [name, ticket, decision] of [["bo", given.ticket, "Approve…"], ["bo", given.other, "Deny…"]]) {
    const one = await person(name, { javaScriptEnabled: false });
    await one.follow(given.keys[name]);
    await one.go(`/requests/${ticket}`);
    await one.page.fill("#reason", "it's \"mine\"; I've looked");
    await one.page.getByRole("button", { name: decision }).click();
    must(!(await one.page.getByRole("button", { name: "Sign with your passkey" }).isVisible()), "no button that does nothing");
    await one.page.locator("summary").click();
    const command = await one.page.locator("details pre").nth(1).innerText();
    const signed = execFileSync("sh", ["-c", command.replace(/ -f FILE$/, ` -f ${given.keys[name]}`)], { encoding: "utf8" });
    await one.page.fill("#armoured", signed);
    await one.page.getByRole("button", { name: "Send the signature" }).click();
    must((await one.text()).includes(decision === "Deny…" ? "Denied by bo" : "Approved at"), await one.text());
    for (const place of ["/", "/feed", "/sessions", "/policies", "/health", "/ledger", "/settings"]) {
      const answer = await one.go(place);
      must(answer.status() === 200, `${place}: ${answer.status()}`);
    }
    must(interlock("request", "show", ticket).includes("it's"), "the words are the ones that were written");
  }
  await browser.close();
});
